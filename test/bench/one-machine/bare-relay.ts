/**
 * The reference: HTTP in, one synced SQLite commit, a POST to each endpoint, one more commit. Nothing else. Concurrent
 * events share a commit, as in the relay. The arguments are a file for the database and the endpoints' URLs.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { LOOPBACK } from '../../../lib/node/http/loopback.ts';

const [file, ...urls] = z.tuple([z.string()], z.url()).parse(process.argv.slice(2));

const database = new DatabaseSync(file);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE event (id TEXT PRIMARY KEY, order_id TEXT, body BLOB, outcomes TEXT) WITHOUT ROWID;
`);
const insert = database.prepare('INSERT INTO event (id, order_id, body) VALUES (?, ?, ?)');
const finish = database.prepare('UPDATE event SET outcomes = ? WHERE id = ?');
const agent = new Agent();

let group: { readonly committed: Promise<void> } | undefined;

/** All writes of one turn of the event loop share a transaction. Resolves when it is on the disk. */
function write(change: () => void): Promise<void> {
  group ??= beginGroup();
  change();
  return group.committed;
}

function beginGroup(): { readonly committed: Promise<void> } {
  database.exec('BEGIN IMMEDIATE');
  return {
    committed: new Promise((resolve) =>
      setImmediate(() => {
        group = undefined;
        database.exec('COMMIT');
        resolve();
      }),
    ),
  };
}

/** Any failure ends the process: a reference that left something out would be none. */
const server = createServer(async (incoming, response) => {
  const body = await buffer(incoming);
  const orderId = new URL(incoming.url ?? '/', 'http://bare').searchParams.get('orderid') ?? '';
  const eventId = randomUUID();
  await write(() => insert.run(eventId, orderId, body));
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ eventId }));
  const statuses = await Promise.all(urls.map((url) => post(`${url}${orderId}`, eventId, body)));
  await write(() => finish.run(JSON.stringify(statuses), eventId));
});

async function post(url: string, eventId: string, body: Uint8Array): Promise<number> {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'webhook-id': eventId },
    body,
    dispatcher: agent,
  });
  await answer.body.dump();
  return answer.statusCode;
}

server.listen(0, LOOPBACK);
await once(server, 'listening');
const { port } = z.looseObject({ port: z.int() }).parse(server.address());
console.log(JSON.stringify({ address: `http://${LOOPBACK}:${port}/?orderid=` }));
process.once('SIGTERM', () => process.exit(0));
