/** The thread of dynalite, the embedded DynamoDB in JavaScript, on a free port of the loopback. */
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import { LOOPBACK } from '../../node/http/loopback.ts';
import { refuseBrowsers } from '../loopback.ts';
import { type EngineSettings, reportListening } from './engine-thread.ts';
import { checkTables, repairTables } from './repair-tables.ts';

const { path }: EngineSettings = workerData;

// When a function stops in the middle of a request, dynalite throws the request's ECONNRESET as an uncaught exception.
// It must not end the engine.
process.on('uncaughtException', (error) => {
  if ('code' in error && error.code === 'ECONNRESET') return;
  throw error;
});

// The file exists only while the engine is stopped and was stopped in order.
const stopped = path === undefined ? undefined : `${path}.stopped`;
if (path !== undefined && stopped !== undefined) {
  await (existsSync(stopped) ? checkTables(path) : repairTables(path));
  rmSync(stopped, { force: true });
}

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
  if (stopped !== undefined) writeFileSync(stopped, '');
});
