import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startScreen } from '../../bin/start-screen.ts';
import { addFailsFirst } from '../end-to-end/fails-first.ts';
import { sendAccepted } from '../end-to-end/the-hub.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START = fileURLToPath(new URL('../../bin/start.ts', import.meta.url));

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensaria-start-'));
  return () => rmSync(dataDir, { recursive: true, force: true });
});

/** Runs `npm start`, without npm. */
function start(...flags: readonly string[]) {
  const child = spawn(process.execPath, [START, '--data', dataDir, '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, output: text(child.stdout), errors: text(child.stderr) };
}

async function startReady(...flags: readonly string[]) {
  const child = spawn(process.execPath, [START, '--data', dataDir, '--port', '0', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, line, url: JSON.parse(line).url };
}

async function exitCode(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit');
  return code;
}

function savedAddress(): string {
  return readFileSync(join(dataDir, 'webhook-address'), 'utf8').trim();
}

describe('npm start', () => {
  it('takes webhooks, stops at Ctrl-C, and goes on with what it still owed', async () => {
    const first = await startReady('--allow-cidr', '127.0.0.0/8');
    expect(first.line).toBe(`{"ready":true,"url":"${first.url}"}`);
    const address = savedAddress();
    const endpoint = await addFailsFirst(first.url);
    const eventId = await sendAccepted(address, { orderId: '7-501' });
    expect((await fetch(`${first.url}/webhooks/wrong`, { method: 'POST', body: '{}' })).status).toBe(404);
    await expect.poll(() => endpoint.statuses(eventId)).toEqual([503]);

    first.child.kill('SIGINT');
    expect(await exitCode(first.child)).toBe(0);
    expect(endpoint.statuses(eventId)).toEqual([503]);

    const second = await startReady('--allow-cidr', '127.0.0.0/8');
    const moved = address.replace(first.url, second.url);
    expect(savedAddress()).toBe(moved);
    const laterId = await sendAccepted(moved, { orderId: '7-502' });
    await expect.poll(() => endpoint.statuses(eventId)).toEqual([503, 200]);
    await expect.poll(() => endpoint.statuses(laterId)).toEqual([503, 200]);
    expect(await refusalOfASecondRelay()).toMatch(/is in use by another relay/);
  });

  it.each([
    [['--colour', 'red'], /unknown option '--colour'/],
    [['--port', 'http'], /must be a number from 0 to 65535/],
    [['--host', ''], /must be an address/],
    [['now'], /too many arguments/],
    [['--allow-cidr', '10/8'], /has not all four octets: write 10.0.0.0\/8/],
    [['--public-url', 'relay.example.com'], /must be a URL such as https:\/\/relay.example.com/],
    [['--retention-days', '3'], /must be a number from 7 to 3650/],
    [['--retention-days', '7', '--payload-retention-days', '8'], /cannot be more than --retention-days/],
    [['--silence-hours', '169'], /must be a number from 0 to 168/],
  ])('refuses %s with exit code 2', async (flags, message) => {
    const { child, errors } = start(...flags);

    expect(await exitCode(child)).toBe(2);
    expect(await errors).toMatch(message);
  });

  it('gives its webhook addresses the public URL', async () => {
    await startReady('--public-url', 'https://relay.example.com/');

    expect(savedAddress()).toMatch(/^https:\/\/relay\.example\.com\/webhooks\/[\w-]{43}\?orderid=$/);
  });

  it('ends when npm is told to end, and frees its port', async () => {
    const npm = spawn('npm', ['start', '--silent', '--', '--data', dataDir, '--port', '0', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      npm.kill('SIGKILL');
    });
    const [line] = await once(createInterface({ input: npm.stdout }), 'line');
    const { url } = JSON.parse(line);
    expect((await fetch(`${url}/health`)).status).toBe(200);

    npm.kill('SIGTERM');
    await once(npm, 'exit');

    const isReachable = () =>
      fetch(`${url}/health`).then(
        () => true,
        () => false,
      );
    await expect.poll(isReachable).toBe(false);
    const next = await startReady();
    expect((await fetch(`${next.url}/health`)).status).toBe(200);
  });

  it('ends when npm is killed', async () => {
    const npm = spawn('npm', ['start', '--silent', '--', '--data', dataDir, '--port', '0', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(createInterface({ input: npm.stdout }), 'line');
    const { url } = JSON.parse(line);
    expect((await fetch(`${url}/health`)).status).toBe(200);

    npm.kill('SIGKILL');

    const isReachable = () =>
      fetch(`${url}/health`).then(
        () => true,
        () => false,
      );
    await expect.poll(isReachable).toBe(false);
  });

  it('goes on when nobody reads its log any more', async () => {
    const child = spawn(process.execPath, [START, '--data', dataDir, '--port', '0', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await once(createInterface({ input: child.stdout }), 'line');
    child.stderr.destroy();
    await once(child.stderr, 'close');

    expect(await answersTo(savedAddress())).toEqual([200, 200, 200]);
  });

  it('goes on when its log cannot be written', async () => {
    const args = [process.execPath, START, '--data', dataDir, '--port', '0', '--json'];
    const child = spawn('bash', ['-c', 'exec "$0" "$@" 2>/dev/full', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await once(createInterface({ input: child.stdout }), 'line');

    expect(await answersTo(savedAddress())).toEqual([200, 200, 200]);
  });

  it('names the problem of a damaged file', async () => {
    writeFileSync(join(dataDir, 'relay.db'), 'this is no database');

    const { child, errors } = start();

    expect(await exitCode(child)).toBe(1);
    expect(await errors).toMatch(/relay\.db.*Restore a backup/s);
  });

  it('explains itself', async () => {
    const { child, output } = start('--help');

    expect(await exitCode(child)).toBe(0);
    expect(await output).toContain('--data <folder>');
    expect(await output).not.toContain('[]');
  });
});

/** The answers to three webhooks, one after another. */
async function answersTo(address: string): Promise<number[]> {
  const statuses: number[] = [];
  for (const orderId of ['7-501', '7-502', '7-503'])
    statuses.push((await fetch(`${address}${orderId}`, { method: 'POST', body: '{}' })).status);
  return statuses;
}

async function refusalOfASecondRelay(): Promise<string> {
  const { child, errors } = start();
  expect(await exitCode(child)).toBe(1);
  return errors;
}

describe('a value of an option that this machine does not have', () => {
  it.each([
    [['--host', '203.0.113.5'], 1, 'This machine has no address 203.0.113.5.'],
    [['--console-password-file', '/no/such/file'], 2, '--console-password-file cannot be read: ENOENT'],
  ])('%j ends with a sentence, and no stack', async (flags, exitCode, sentence) => {
    const { child, errors } = start(...flags);

    expect(await once(child, 'exit')).toEqual([exitCode, null]);
    expect(await errors).toContain(sentence);
    expect(await errors).not.toContain('    at ');
  });
});

it('the start screen names port 80, which a URL leaves out', () => {
  const screen = startScreen({
    ...{ url: 'http://127.0.0.1:80', host: '127.0.0.1', dataDir, console: false, allowCidr: [] },
    ...{ webhookAddress: undefined, consoleAddress: undefined },
  });

  expect(screen).toMatch(/--port 80$/m);
});
