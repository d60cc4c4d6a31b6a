import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { aFreePort, anHttpServer } from './http-server.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/relay.mjs', import.meta.url));
const RELAY = fileURLToPath(new URL('../../bin/relay.ts', import.meta.url));

/** Runs `npm run relay`, without npm. */
function relay(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [RELAY, ...args], { env: { ...inherited, ...environment } });
  const errors = text(child.stderr);
  return {
    child,
    async end() {
      const [exitCode] = await once(child, 'exit');
      return { exitCode, err: await errors };
    },
  };
}

describe('bin/relay.ts', () => {
  it('exits with the code of the command, and says why on the standard error', async () => {
    const { child, end } = relay(['endpoints', 'lst']);

    const [out, ended] = await Promise.all([text(child.stdout), end()]);

    expect(out).toBe('');
    expect(ended).toEqual({ exitCode: 2, err: "error: unknown command 'lst'\nDid you mean list?\n" });
  });

  it('does not mind a reader that goes away', async () => {
    const { child, end } = relay(['--help']);
    child.stdout.destroy();

    expect(await end()).toEqual({ exitCode: 0, err: '' });
  });

  it('ends quietly when its reader has read enough', async () => {
    const pipe = `'${process.execPath}' '${RELAY}' endpoints add --help | head -1; exit "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', pipe]);

    const [out, err, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/^Usage: .*\n$/);
  });

  it('reads the standard input and the environment', async () => {
    const { url, requests } = await anHttpServer({ body: '{}' });
    const { child, end } = relay(['send', '-', '--json'], {
      RELAY_WEBHOOK_ADDRESS: `${url}/webhooks/token?orderid=`,
    });
    child.stdin.end('{"Id": "7-501"}');

    const [out, ended] = await Promise.all([text(child.stdout), end()]);

    expect(ended).toEqual({ exitCode: 0, err: '' });
    expect(out).toBe('{"status":200,"orderId":"7-501"}\n');
    expect(requests).toMatchObject([
      { url: '/webhooks/token?orderid=7-501', body: Buffer.from('{"Id": "7-501"}') },
    ]);
  });

  it('is started by bin/relay.mjs under the name relay, with its output and exit code', async () => {
    const child = spawn(
      process.execPath,
      [LAUNCHER, 'endpoints', 'show', 'erp', '--port', await aFreePort()],
      {
        env: { ...process.env, npm_command: '' },
        cwd: tmpdir(),
      },
    );
    const [err, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);

    expect({ exitCode, err }).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no relay is running'),
    });
  });

  it('is called `relay` in the help of bin/relay.mjs, and `npx .` under npx', async () => {
    const help = async (npmCommand: string) => {
      const env = { ...process.env, npm_command: npmCommand };
      return text(spawn(process.execPath, [LAUNCHER, 'sources', '--help'], { env }).stdout);
    };

    expect(await help('')).toContain('Usage: relay sources');
    expect(await help('exec')).toContain('Usage: npx . sources');
  });

  it('writes no colours into a pipe, unless FORCE_COLOR asks for them', async () => {
    const help = async (environment: Readonly<Record<string, string>>) =>
      text(relay(['--help'], { TERM: 'xterm-256color', ...environment }).child.stdout);

    expect(await help({})).not.toContain('\u001b');
    expect(await help({ FORCE_COLOR: '0' })).not.toContain('\u001b');
    expect(await help({ FORCE_COLOR: '1' })).toContain('\u001b[1m');
  });
});
