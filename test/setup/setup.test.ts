import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const LOCKFILE = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } });

/** Counts its runs. Like npm, it writes the marker last; it takes long enough that a second command meets it. */
const FAKE_NPM = `#!/usr/bin/env node
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('npm-runs', 'run\\n');
setTimeout(() => {
  mkdirSync('node_modules', { recursive: true });
  writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(LOCKFILE)});
}, 1500);
`;

async function aFreshClone() {
  const folder = await mkdtemp(join(tmpdir(), 'relay-setup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'path'));
  await copyFile('bin/setup.mjs', join(folder, 'bin/setup.mjs'));
  await writeFile(join(folder, 'package-lock.json'), LOCKFILE);
  await writeFile(join(folder, 'path/npm'), FAKE_NPM);
  await chmod(join(folder, 'path/npm'), 0o755);
  return {
    lock: join(folder, '.installing'),
    npmRuns: async () => (await readFile(join(folder, 'npm-runs'), 'utf8')).trim().split('\n').length,
    async setUp() {
      const setup = spawn(process.execPath, [join(folder, 'bin/setup.mjs')], {
        env: { ...process.env, PATH: `${join(folder, 'path')}${delimiter}${process.env.PATH}` },
        stdio: 'ignore',
      });
      const ended = new Promise<number | null>((resolve) => setup.on('exit', resolve));
      return { exitCode: await ended };
    },
  };
}

describe.skipIf(process.platform === 'win32')('the first command after git clone', () => {
  it('installs the packages once when two commands start together', async () => {
    const clone = await aFreshClone();
    const both = await Promise.all([clone.setUp(), clone.setUp()]);
    expect(both.map((setup) => setup.exitCode)).toEqual([0, 0]);
    expect(await clone.npmRuns()).toBe(1);
  });

  it('installs after a command that was killed while it installed', async () => {
    const clone = await aFreshClone();
    await writeFile(clone.lock, '');
    await utimes(clone.lock, new Date(0), new Date(0));
    expect((await clone.setUp()).exitCode).toBe(0);
    expect(await clone.npmRuns()).toBe(1);
  });
});
