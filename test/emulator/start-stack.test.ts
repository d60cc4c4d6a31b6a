import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { addFailsFirst } from '../end-to-end/fails-first.ts';
import { sendAccepted } from '../end-to-end/the-hub.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START = fileURLToPath(new URL('../../bin/start-stack.ts', import.meta.url));

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensaria-start-'));
  return () => rmSync(dataDir, { recursive: true, force: true });
});

/** Runs `npm run start:stack`, without npm. */
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

describe('npm run start:stack', () => {
  it('runs the real stack: takes webhooks, stops at Ctrl-C, and goes on with what it still owed', async () => {
    const first = await startReady();
    expect(first.line).toBe(`{"ready":true,"url":"${first.url}"}`);
    const address = savedAddress();
    const endpoint = await addFailsFirst(first.url);
    const eventId = await sendAccepted(address, { orderId: '7-501' });
    expect((await fetch(`${first.url}/webhooks/wrong`, { method: 'POST', body: '{}' })).status).toBe(404);
    await expect.poll(() => endpoint.statuses(eventId)).toEqual([503]);

    first.child.kill('SIGINT');
    expect(await exitCode(first.child)).toBe(0);
    expect(endpoint.statuses(eventId)).toEqual([503]);

    const second = await startReady();
    const moved = address.replace(first.url, second.url);
    expect(savedAddress()).toBe(moved);
    const laterId = await sendAccepted(moved, { orderId: '7-502' });
    await expect.poll(() => endpoint.statuses(eventId)).toEqual([503, 200]);
    await expect.poll(() => endpoint.statuses(laterId)).toEqual([503, 200]);
    expect(await refusalOfASecondRelay()).toMatch(/is in use by another relay/);
  });

  it('ends when npm is told to end, and frees its port', async () => {
    const npm = spawn(
      'npm',
      ['run', '--silent', 'start:stack', '--', '--data', dataDir, '--port', '0', '--json'],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => {
      npm.kill('SIGKILL');
    });
    const [line] = await once(createInterface({ input: npm.stdout }), 'line');
    const { url } = JSON.parse(line);

    npm.kill('SIGTERM');
    await once(npm, 'exit');

    const isReachable = () =>
      fetch(url).then(
        () => true,
        () => false,
      );
    await expect.poll(isReachable).toBe(false);
  });

  it.each([
    [['--colour', 'red'], /unknown option '--colour'/],
    [['--port', 'http'], /must be a number from 0 to 65535/],
    [['now'], /too many arguments/],
  ])('refuses %s with exit code 2', async (flags, message) => {
    const { child, errors } = start(...flags);

    expect(await exitCode(child)).toBe(2);
    expect(await errors).toMatch(message);
  });

  it('explains itself', async () => {
    const { child, output } = start('--help');

    expect(await exitCode(child)).toBe(0);
    expect(await output).toContain('--data <folder>');
  });
});

async function refusalOfASecondRelay(): Promise<string> {
  const { child, errors } = start();
  expect(await exitCode(child)).toBe(1);
  return errors;
}
