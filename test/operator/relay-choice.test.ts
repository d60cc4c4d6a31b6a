import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CliOptions, cli } from './cli.ts';
import { aFreePort } from './http-server.ts';

/** A folder of its own, with the given files. */
async function aFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-choice-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const PORTS = { flag: await aFreePort(), environment: await aFreePort(), file: await aFreePort() };

/** The port on which a command looked for a relay. */
async function askedPort(args: readonly string[], options: CliOptions): Promise<string | undefined> {
  const { err } = await cli(['sources', 'list', ...args], options);
  return /no relay is running on port (\d+)/.exec(err)?.[1];
}

describe('the relay of a command', () => {
  it('is named by the option, then by RELAY_PORT, then by the file', async () => {
    const workingFolder = await aFolder({ 'relay.config.json': `{ "port": ${PORTS.file} }` });
    const environment = { RELAY_PORT: PORTS.environment };

    expect(await askedPort(['--port', PORTS.flag], { workingFolder, environment })).toBe(PORTS.flag);
    expect(await askedPort([], { workingFolder, environment })).toBe(PORTS.environment);
    expect(await askedPort([], { workingFolder })).toBe(PORTS.file);
    expect(await askedPort([], { workingFolder, environment: { RELAY_PORT: '' } })).toBe(PORTS.file);
  });

  it('an option for a local relay overrides a stack in the environment, and the other way round', async () => {
    expect(await askedPort(['--port', PORTS.flag], { environment: { RELAY_STACK: 'Shop' } })).toBe(
      PORTS.flag,
    );
    const { err } = await cli(['sources', 'list', '--stack', 'Shop'], {
      environment: { RELAY_PORT: PORTS.environment },
    });
    expect(err).not.toContain('no relay is running on port');
  });

  it('the working folder’s file comes before the user’s own', async () => {
    const home = await aFolder({
      '.config/sensaria-relay/relay.config.json': `{ "port": ${PORTS.file} }`,
      'xdg/sensaria-relay/relay.config.json': `{ "port": ${PORTS.flag} }`,
    });
    const workingFolder = await aFolder({ 'relay.config.json': `{ "port": ${PORTS.environment} }` });
    const empty = await aFolder();

    expect(await askedPort([], { workingFolder, environment: { HOME: home } })).toBe(PORTS.environment);
    expect(await askedPort([], { workingFolder: empty, environment: { HOME: home } })).toBe(PORTS.file);
    const xdg = { HOME: home, XDG_CONFIG_HOME: join(home, 'xdg') };
    expect(await askedPort([], { workingFolder: empty, environment: xdg })).toBe(PORTS.flag);
  });

  it.each([
    ['{ "port": "8787" }', ': port” must be a number from 1 to 65535'],
    ['{ "port": 0 }', ': port” must be a number from 1 to 65535'],
    ['{ "stack": "no name" }', ': stack” must be the name of a CloudFormation stack'],
    ['{ "stak": "Shop" }', ': stak” is unknown: use port or stack'],
    ['{ "stack": "Shop", "port": 8787 }', ': stack” cannot be combined with port'],
    ['[]', '” must be an object with port or stack'],
    ['{', '” is not JSON'],
  ])('a fault in a file is answered with the file and the key: %s', async (text, problem) => {
    const workingFolder = await aFolder({ 'relay.config.json': text });

    const { exitCode, err } = await cli(['sources', 'list'], { workingFolder });

    expect(exitCode).toBe(2);
    expect(err).toBe(`error: “${join(workingFolder, 'relay.config.json')}${problem}\n`);
  });

  it.each([
    [{ RELAY_PORT: 'http' }, 'error: “RELAY_PORT” must be a number from 1 to 65535\n'],
    [{ RELAY_STACK: 'no name' }, 'error: “RELAY_STACK” must be the name of a CloudFormation stack\n'],
    [{ RELAY_STACK: 'Shop', RELAY_PORT: '1' }, 'error: “RELAY_STACK” cannot be combined with RELAY_PORT\n'],
  ])('a fault in the environment names the variable: %j', async (environment, err) => {
    expect(await cli(['sources', 'list'], { environment })).toEqual({ exitCode: 2, out: '', err });
  });
});
