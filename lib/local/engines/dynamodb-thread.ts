/** The embedded DynamoDB: dynalite, on a free port of the loopback. Runs in a thread of its own. */
import { once } from 'node:events';
import { workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import { z } from 'zod';
import { LOOPBACK, refuseBrowsers } from '../loopback.ts';
import { reportListening } from './engine-thread.ts';

const { path } = z.strictObject({ path: z.string().optional() }).parse(workerData);

// A function that is stopped in the middle of a request leaves dynalite with half of it, and dynalite throws what its
// request emits. That one request is gone; the others must not be.
process.on('uncaughtException', (error) => {
  if ('code' in error && error.code === 'ECONNRESET') return;
  throw error;
});

const server = dynalite({ ...(path !== undefined && { path }), createTableMs: 0 });
refuseBrowsers(server);
server.listen(0, LOOPBACK);
await once(server, 'listening');

const address = server.address();
if (address === null || typeof address === 'string') throw new Error('dynalite listens on no port');
reportListening(address.port, async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});
