import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { HttpSender } from '../../../lib/node/http/http-sender.ts';
import { aRequest } from './hostile-receiver.ts';

const SILENT = '127.0.0.2';
const OTHER = '127.0.0.1';
const addressSchema = z.looseObject({ port: z.int() });
/** Linux keeps one connection more than the backlog. */
const FILLS_BACKLOG = 2;
const SYN_SENT = '02';

/** Knows one name, with these addresses in this order. */
function aSender(addresses: readonly string[]): HttpSender {
  const found = addresses.map((address) => ({ address, family: 4 }));
  const lookup = (_host: string, _options: unknown, callback: (...results: unknown[]) => void) =>
    callback(null, found);
  return new HttpSender(new AddressGuard(['127.0.0.0/8'], lookup as never));
}

async function aGoodServer(): Promise<number> {
  const server = createServer((_, response) => response.end('good'));
  server.listen(0, OTHER);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return addressSchema.parse(server.address()).port;
}

/** A port on which nothing listens at either address. */
async function aFreePort(): Promise<number> {
  const server = createServer().listen(0, OTHER);
  await once(server, 'listening');
  const { port } = addressSchema.parse(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** Nothing connects to it until it is released. */
async function aSilentServer(port: number) {
  const released = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL('fixtures/full-backlog-thread.ts', import.meta.url), {
    workerData: { host: SILENT, port, released },
  });
  const release = () => {
    Atomics.store(released, 0, 1);
    Atomics.notify(released, 0);
  };
  onTestFinished(async () => {
    release();
    await thread.terminate();
  });
  await once(thread, 'message');
  for (let count = 0; count < FILLS_BACKLOG; count++) {
    const filler = connect(port, SILENT);
    onTestFinished(() => void filler.destroy());
    await once(filler, 'connect');
  }
  return { release };
}

/** True while a connection to the silent server is being attempted: see proc_net_tcp in the kernel's documentation. */
function isAttempted(port: number): boolean {
  const remote = `0200007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => line.includes(` ${remote} ${SYN_SENT} `));
}

// Only Linux has a loopback network of more than one address, and drops attempts when a backlog is full.
describe.runIf(process.platform === 'linux')('a host name with several addresses', () => {
  it('is sent to at the next address when one never answers', async () => {
    const port = await aGoodServer();
    await aSilentServer(port);
    const request = aRequest(`http://shop.example:${port}/hook`, { timeoutMs: 4_000 });

    expect(await aSender([SILENT, OTHER]).post(request)).toMatchObject({ status: 200, text: 'good' });
  });

  it('is sent to at an address that needs a second to connect, when the next one refuses', async () => {
    const port = await aFreePort();
    const silent = await aSilentServer(port);
    const sent = aSender([SILENT, OTHER]).post(
      aRequest(`http://shop.example:${port}/hook`, { timeoutMs: 20_000 }),
    );
    // The kernel tries again one second after the first attempt.
    await expect.poll(() => isAttempted(port), { interval: 5 }).toBe(true);
    silent.release();

    expect(await sent).toMatchObject({ status: 200, text: 'slow' });
  });
});
