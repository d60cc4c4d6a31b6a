// Installs what package-lock.json names when it is not installed yet, so that any `npm run …` may be the first
// command after `git clone`. Plain JavaScript, because it runs on whichever Node (20 or later) is on the machine.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const marker = `${root}node_modules/.package-lock.json`;

/** Exists while a command installs. Two runs of `npm ci` at once delete each other's packages. */
const lock = `${root}.installing`;
const HEARTBEAT_MS = 2000;
/** A lock this old belongs to a command that was killed. */
const ABANDONED_MS = 20_000;

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) fail(`Node 20 or later is needed; this is ${process.version}.`);

if (!isInstalled()) {
  await takeLock();
  if (!isInstalled()) install();
}

/** npm writes into node_modules the lock it installed from; the two agree when the versions and hashes do. */
function isInstalled() {
  if (!existsSync(marker)) return false;
  const wanted = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')).packages;
  const present = JSON.parse(readFileSync(marker, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    return found ? found.version === entry.version : entry.optional === true;
  });
}

/** Waits while another command installs. */
async function takeLock() {
  let waits = 0;
  for (; !wroteLock(); waits++) {
    process.stderr.write(waits === 0 ? 'Another command is installing the packages ' : '.');
    await wait(HEARTBEAT_MS / 2);
  }
  if (waits > 0) process.stderr.write('\n');
  process.once('exit', () => rmSync(lock, { force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
}

function wroteLock() {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > ABANDONED_MS) rmSync(lock, { force: true });
  try {
    writeFileSync(lock, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    return fail(`${root} cannot be written: ${error.message}`);
  }
}

function install() {
  const started = Date.now();
  process.stderr.write('Installing packages (once, about a minute) ');
  const progress = setInterval(() => {
    process.stderr.write('.');
    writeFileSync(lock, '');
  }, HEARTBEAT_MS);
  const npm = spawn('npm', ['ci', '--loglevel=error', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    shell: process.platform === 'win32',
  });
  let output = '';
  npm.stdout.on('data', (chunk) => {
    output += chunk;
  });
  npm.stderr.on('data', (chunk) => {
    output += chunk;
  });
  npm.on('error', (error) => fail(`\nnpm could not be started: ${error.message}`));
  npm.on('close', (code) => {
    clearInterval(progress);
    if (code !== 0) fail(`\nnpm ci failed:\n${output}`);
    process.stderr.write(` done in ${Math.round((Date.now() - started) / 1000)} s\n`);
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
