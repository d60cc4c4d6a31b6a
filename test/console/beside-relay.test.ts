import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../operator/cli.ts';
import { anEmptyFolder, type StartedRelay, startRelay } from './started-relay.ts';

const PASSWORD = 'a-long-password';

/** The status of a GET that names the host. `fetch` cannot set the header. */
async function statusUnder(host: string, { port }: StartedRelay): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

async function opens(address: string): Promise<boolean> {
  const { status, headers } = await fetch(address, { redirect: 'manual' });
  return status === 303 && headers.has('set-cookie');
}

describe('the console of npm start', () => {
  it('opens with an address that only the relay’s user can read', async () => {
    const relay = await startRelay(anEmptyFolder());

    expect(relay.saved('console-address')).toMatch(new RegExp(`^${relay.url}/\\?token=[\\w-]{43}$`));
    expect(statSync(join(relay.dataDir, 'console-address')).mode & 0o777).toBe(0o600);
    expect(await opens(relay.saved('console-address'))).toBe(true);
    expect((await fetch(`${relay.url}/`)).status).toBe(401);
    expect(await statusUnder('attacker.example', relay)).toBe(421);
  });

  it('keeps its token over a restart', async () => {
    const folder = anEmptyFolder();
    const first = await startRelay(folder);
    const { search } = new URL(first.saved('console-address'));
    await first.stop();

    const second = await startRelay(folder);

    expect(second.saved('console-address')).toBe(`${second.url}/${search}`);
  });

  it('is switched off by --no-console', async () => {
    const folder = anEmptyFolder();
    await (await startRelay(folder)).stop();

    const relay = await startRelay(folder, ['--no-console']);

    expect((await fetch(`${relay.url}/`)).status).toBe(404);
    expect((await fetch(`${relay.url}/health`)).status).toBe(200);
    expect(existsSync(join(folder, 'console-address'))).toBe(false);
  });

  it('is not served on a network without a password', async () => {
    const relay = await startRelay(anEmptyFolder(), ['--host', '0.0.0.0']);

    expect((await fetch(`${relay.url}/`)).status).toBe(404);
    expect((await fetch(`${relay.url}/health`)).status).toBe(200);
  });

  it('asks for the password on a network, under the names of this machine and of the public URL', async () => {
    const relay = await startRelay(
      anEmptyFolder(),
      ['--host', '0.0.0.0', '--public-url', 'https://relay.example.com'],
      { RELAY_CONSOLE_PASSWORD: PASSWORD },
    );

    expect(relay.saved('console-address')).toBe(`${relay.url}/`);
    expect(await statusUnder('relay.example.com', relay)).toBe(401);
    expect(await statusUnder('127.0.0.1', relay)).toBe(401);
    expect(await statusUnder('attacker.example', relay)).toBe(421);
    expect(await login(relay, 'another-password')).toBe(401);
    expect(await login(relay, PASSWORD)).toBe(303);
  });

  it('reads the password from a file', async () => {
    const folder = anEmptyFolder();
    const file = join(folder, 'password');
    writeFileSync(file, `${PASSWORD}\n`);

    const relay = await startRelay(folder, ['--console-password-file', file]);

    expect(await login(relay, PASSWORD)).toBe(303);
  });

  it('is what the command open opens', async () => {
    const relay = await startRelay(anEmptyFolder());
    const opened: string[] = [];

    const { exitCode, out } = await cli(['open', '--port', relay.port], {
      openBrowser: (address) => void opened.push(address),
    });

    expect({ exitCode, out, opened }).toEqual({
      exitCode: 0,
      out: `The console of the local relay on port ${relay.port}: ${opened[0]}\n`,
      opened: [relay.saved('console-address')],
    });
  });
});

it('a console of the CLI ends when npm is told to end', async () => {
  const relay = await startRelay(anEmptyFolder(), ['--no-console']);
  const args = [
    'run',
    '--silent',
    'relay',
    '--',
    'console',
    '--console-port',
    '0',
    '--json',
    '--port',
    relay.port,
  ];
  const npm = spawn('npm', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void npm.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: npm.stdout }), 'line');
  const { address } = JSON.parse(line);
  expect(await opens(address)).toBe(true);

  npm.kill('SIGTERM');

  const isReachable = () =>
    fetch(address).then(
      () => true,
      () => false,
    );
  await expect.poll(isReachable).toBe(false);
});

async function login({ url }: StartedRelay, password: string): Promise<number> {
  const { status } = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ password }),
  });
  return status;
}
