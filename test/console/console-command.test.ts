import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { relays as realRelays } from '../../lib/connect/relays.ts';
import { serveConsole } from '../../lib/console/serve-console.ts';
import { cli } from '../operator/cli.ts';
import { aRelay } from '../relay/a-relay.ts';
import { connectionTo } from './a-console.ts';

/** The CLI over a relay in memory, as if it was found on the port. */
function run(args: readonly string[], options: Parameters<typeof cli>[1] = {}) {
  const connection = connectionTo(aRelay());
  const found = async () => ({
    relay: connection.relay,
    connect: async () => connection,
    diagnostics: () => ({ askAddress: async () => ({ status: 404 }), faultOfUrl: async () => undefined }),
  });
  const relays = { ...realRelays, findLocal: found, findStack: found };
  return cli(args, { relays, ...options });
}

describe('the command console', () => {
  it('serves the console at the printed address until Ctrl-C', async () => {
    const interruption = new AbortController();
    const seen: number[] = [];

    const result = await run(['console', '--console-port', '0', '--json'], {
      interruption: interruption.signal,
      onOut: async (text) => {
        const { address } = JSON.parse(text);
        seen.push((await fetch(address, { redirect: 'manual' })).status);
        interruption.abort();
      },
    });

    expect(result.exitCode).toBe(0);
    expect(result.out).toMatch(/^{"address":"http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}"}\n$/);
    expect(seen).toEqual([303]);
  });

  it('listens on a network only with a password', async () => {
    const result = await run(['console', '--host', '0.0.0.0']);

    expect(result).toMatchObject({ exitCode: 2 });
    expect(result.err).toContain('needs a password: set RELAY_CONSOLE_PASSWORD or --password-file');
  });

  it('refuses a short password', async () => {
    const result = await run(['console', '--host', '127.0.0.1', '--console-port', '0'], {
      environment: { RELAY_CONSOLE_PASSWORD: 'short' },
    });

    expect(result).toMatchObject({ exitCode: 2 });
    expect(result.err).toContain('at least 12 characters');
    expect(result.err).not.toContain('short\n');
  });
});

it('the console says that its port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  const serving = serveConsole({ connection: connectionTo(aRelay()), port });

  await expect(serving).rejects.toThrow(`port ${port} is in use`);
});

describe('the command open', () => {
  it('serves the console and opens its address in the browser', async () => {
    const interruption = new AbortController();
    const opened: string[] = [];

    const result = await run(['open', '--json'], {
      interruption: interruption.signal,
      openBrowser: (address) => {
        opened.push(address);
        interruption.abort();
      },
    });

    expect(result.exitCode).toBe(0);
    expect(opened).toEqual([JSON.parse(result.out).address]);
  });

  it('prints the address where there is no browser', async () => {
    const interruption = new AbortController();

    const { out } = await run(['open'], {
      interruption: interruption.signal,
      onOut: (text) => text.includes('Ctrl-C') && interruption.abort(),
    });

    expect(out).toMatch(/^The console of .*: http:\/\/127\.0\.0\.1:\d+\/\?token=/);
    expect(out).toContain('There is no browser here: open the address yourself.\n');
  });
});
