/** A payload's row of the EventLog table: text if possible, gzip if the body is binary or large. */
import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';
import { DYNAMODB } from '../../contract/service-limits.ts';
import type { EventKey, Payload } from '../../relay/model/event.ts';
import { eventTime, PARTITION_KEY_LIMIT_BYTES, sha256Hex } from '../../relay/model/ids.ts';
import { promisify } from '../../relay/model/node-util.ts';
import { PayloadTooLargeError, UnreadableRowError } from '../../relay/ports/event-log.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import { payloadRowKey } from './event-log-keys.ts';

export const gzip: (bytes: Uint8Array) => Promise<Buffer> = promisify(gzipCallback);
const gunzip: (bytes: Uint8Array) => Promise<Buffer> = promisify(gunzipCallback);

/** A write costs one unit per KB, so a body is compressed well below the limit of an item. */
const READABLE_LIMIT_BYTES = 256 * 1024;
/**
 * The bytes of a row beside content type and body, at most. The partition key is counted at its longest: the size that a
 * row holds must not depend on the source, which ingest may not know yet.
 */
const FRAME_BYTES = PARTITION_KEY_LIMIT_BYTES + 512;

/** @throws PayloadTooLargeError when even the compressed body does not fit a row */
export async function toPayloadRow(key: EventKey, payload: Payload, expiresAt: number): Promise<Row> {
  const { contentType, contentEncoding, body } = payload;
  const frame = {
    ...payloadRowKey(key),
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
    bodySha256: sha256Hex(body),
    receivedAt: eventTime(key.eventId).toISOString(),
    expiresAt,
  };
  return { ...frame, ...(await bodyAttribute(payload)) };
}

/** @throws PayloadTooLargeError when no row can hold the payload */
export async function checkPayload(payload: Payload): Promise<void> {
  await bodyAttribute(payload);
}

async function bodyAttribute({ contentType = '', contentEncoding = '', body }: Payload): Promise<Row> {
  const frameBytes = FRAME_BYTES + Buffer.byteLength(contentType + contentEncoding);
  const text = decodeExactly(body);
  if (text !== undefined && frameBytes + body.length <= READABLE_LIMIT_BYTES) return { body: text };
  const bodyGzip = await gzip(body);
  const bytes = frameBytes + bodyGzip.length;
  if (bytes <= DYNAMODB.itemBytes) return { bodyGzip };
  throw new PayloadTooLargeError(
    `payload of ${body.length} bytes takes ${bytes} compressed; a row holds ${DYNAMODB.itemBytes}`,
  );
}

/**
 * The change that erases a payload but keeps its row, with the time of the erasure, until it expires. The row prevents
 * a late copy from being stored. The change also removes the payload's hash.
 */
export function erasure(erasedAt: Date): Readonly<Record<string, unknown>> {
  return { erasedAt, contentType: null, contentEncoding: null, body: null, bodyGzip: null, bodySha256: null };
}

/** True for a row whose payload was erased. */
export function isErased(row: Row): boolean {
  return row.erasedAt !== undefined;
}

/** @throws UnreadableRowError naming row and attribute when the body is neither text nor compressed bytes */
export async function fromPayloadRow(key: EventKey, row: Row): Promise<Payload> {
  const { contentType, contentEncoding } = row;
  return {
    ...(typeof contentType === 'string' && { contentType }),
    ...(typeof contentEncoding === 'string' && { contentEncoding }),
    body: await readBody(key, row),
  };
}

async function readBody(key: EventKey, row: Row): Promise<Uint8Array> {
  if (typeof row.body === 'string') return Buffer.from(row.body);
  const where = `row ${payloadRowKey(key).sk} of ${key.orderKey}`;
  if (!(row.bodyGzip instanceof Uint8Array)) {
    throw new UnreadableRowError(`${where}: attribute body must be text, or bodyGzip binary`);
  }
  try {
    return await gunzip(row.bodyGzip);
  } catch (cause) {
    throw new UnreadableRowError(`${where}: attribute bodyGzip must be in gzip's format`, { cause });
  }
}

/** Decodes UTF-8 so that encoding gives the same bytes, a byte order mark included. Undefined for other bytes. */
function decodeExactly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
