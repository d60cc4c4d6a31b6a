/** Reads and writes the rows of the table `payload`: as received if possible, gzip if the body is large. */
import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';
import { DYNAMODB } from '../contract/service-limits.ts';
import type { EventKey, Payload } from '../relay/model/event.ts';
import type { EventId, OrderKey } from '../relay/model/ids.ts';
import { PARTITION_KEY_LIMIT_BYTES } from '../relay/model/ids.ts';
import { PayloadTooLargeError, UnreadableRowError } from '../relay/ports/event-log.ts';
import type { Connection, FoundRow } from './connection.ts';

const gzip: (bytes: Uint8Array) => Promise<Buffer> = promisify(gzipCallback);
const gunzip: (bytes: Uint8Array) => Promise<Buffer> = promisify(gunzipCallback);

/** A larger body is compressed. A relay in DynamoDB does the same, so both accept the same payloads. */
const PLAIN_LIMIT_BYTES = 256 * 1024;
/** The bytes of a row beside content type and body, at most. */
const FRAME_BYTES = PARTITION_KEY_LIMIT_BYTES + 512;

export interface StoredBody {
  readonly body?: Uint8Array;
  readonly bodyGzip?: Uint8Array;
}

/** @throws PayloadTooLargeError when the body, even compressed, is larger than a relay in DynamoDB accepts */
export async function toStoredBody(payload: Payload): Promise<StoredBody> {
  const { contentType = '', contentEncoding = '', body } = payload;
  const frameBytes = FRAME_BYTES + Buffer.byteLength(contentType + contentEncoding);
  if (frameBytes + body.length <= PLAIN_LIMIT_BYTES) return { body };
  const bodyGzip = await gzip(body);
  const bytes = frameBytes + bodyGzip.length;
  if (bytes <= DYNAMODB.itemBytes) return { bodyGzip };
  throw new PayloadTooLargeError(
    `payload of ${body.length} bytes takes ${bytes} compressed; a row holds ${DYNAMODB.itemBytes}`,
  );
}

/** Writes the payload unless there is a row, or its tombstone. */
export function insertPayload(
  connection: Connection,
  { orderKey, eventId }: EventKey,
  { contentType, contentEncoding }: Payload,
  { body, bodyGzip }: StoredBody,
  expiresAt: string,
): void {
  // A text is readable in every SQLite tool. The cast changes no byte.
  const value = body !== undefined && isUtf8(body) ? 'CAST(? AS TEXT)' : '?';
  connection.run(
    `INSERT INTO payload (orderKey, eventId, contentType, contentEncoding, body, bodyGzip, expiresAt)
     VALUES (?, ?, ?, ?, ${value}, ?, ?) ON CONFLICT DO NOTHING`,
    orderKey,
    eventId,
    contentType ?? null,
    contentEncoding ?? null,
    body ?? null,
    bodyGzip ?? null,
    expiresAt,
  );
}

/** Undefined when there is no payload, or it has expired or was erased. */
export function findPayload(connection: Connection, key: EventKey, now: string): FoundRow | undefined {
  return connection.first(
    `SELECT contentType, contentEncoding, bodyGzip,
            CASE WHEN typeof(body) IN ('text', 'blob') THEN CAST(body AS BLOB) END AS body
     FROM payload
     WHERE orderKey = ? AND eventId = ? AND erasedAt IS NULL AND (expiresAt IS NULL OR expiresAt > ?)`,
    key.orderKey,
    key.eventId,
    now,
  );
}

/** @throws UnreadableRowError naming the row when a person damaged the body */
export async function toPayload(key: EventKey, row: FoundRow): Promise<Payload> {
  const { contentType, contentEncoding } = row;
  return {
    ...(typeof contentType === 'string' && { contentType }),
    ...(typeof contentEncoding === 'string' && { contentEncoding }),
    body: await readBody(key, row),
  };
}

async function readBody({ orderKey, eventId }: EventKey, { body, bodyGzip }: FoundRow): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const where = `row payload#${eventId} of ${orderKey}`;
  if (!(bodyGzip instanceof Uint8Array))
    throw new UnreadableRowError(`${where}: body must be a text or a blob, or bodyGzip a blob`);
  try {
    return await gunzip(bodyGzip);
  } catch (cause) {
    throw new UnreadableRowError(`${where}: bodyGzip must be in gzip's format`, { cause });
  }
}

/**
 * Erases a payload and leaves its row until it expires. The row prevents a late copy from being stored.
 * @returns false when there is none, or it was erased before
 */
export function erasePayload(
  connection: Connection,
  { orderKey, eventId }: EventKey,
  erasedAt: Date,
): boolean {
  const erased = connection.run(
    `UPDATE payload
     SET erasedAt = ?, contentType = NULL, contentEncoding = NULL, body = NULL, bodyGzip = NULL
     WHERE orderKey = ? AND eventId = ? AND erasedAt IS NULL`,
    erasedAt.toISOString(),
    orderKey,
    eventId,
  );
  return erased === 1;
}

/** The keys of an order's payloads that were not erased, oldest first. */
export function findPayloadKeys(connection: Connection, orderKey: OrderKey): EventKey[] {
  const sql = 'SELECT eventId FROM payload WHERE orderKey = ? AND erasedAt IS NULL ORDER BY eventId';
  // The event id is not validated: a payload under an id that a person made up must be erased, too.
  return connection
    .all(sql, orderKey)
    .map(({ eventId }) => ({ orderKey, eventId: String(eventId) as EventId }));
}
