import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anHttpServer } from './http-server.ts';

const RELAY = fileURLToPath(new URL('../../bin/relay.ts', import.meta.url));

/** Runs `npm run relay`, without npm. */
function relay(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [RELAY, ...args], { env: { ...process.env, ...environment } });
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

  it('writes no colours into a pipe', async () => {
    const { child, end } = relay(['--help'], { FORCE_COLOR: '3', TERM: 'xterm-256color' });

    const [out] = await Promise.all([text(child.stdout), end()]);

    expect(out).not.toContain('\u001b');
  });
});
