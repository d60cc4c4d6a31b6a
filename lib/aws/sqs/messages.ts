/** Builds and parses the relay's queue messages. */

import { gunzipSync } from 'node:zlib';
import { endpointIdSchema } from '../../relay/endpoint/endpoint.ts';
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventRecord, Payload } from '../../relay/model/event.ts';
import {
  type EventId,
  isEventId,
  type OrderKey,
  PARTITION_KEY_LIMIT_BYTES,
  sha256Hex,
} from '../../relay/model/ids.ts';
import * as z from '../../relay/model/zod.ts';
import type { EventMessage } from '../../relay/ports/queues.ts';
import { toAttributes } from '../../relay/rows/attributes.ts';
import { readEvent } from '../../relay/rows/event-attributes.ts';
import { gzip } from '../dynamodb/payload-row.ts';

/** A parsed message, or the reason why the body is not one. The reason names fields and rules, never values. */
export type Parsed<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'foreign'; readonly reason: string };

/** A wake-up names its event. With `fullEvent` the whole event travels along, its body compressed. */
export async function eventMessageBody(message: EventMessage): Promise<string> {
  const { orderKey, eventId, fullEvent, tokenSha256 } = message;
  return toJson({
    orderKey,
    eventId,
    ...(tokenSha256 !== undefined && { tokenSha256 }),
    ...(fullEvent !== undefined && { fullEvent: await packed(fullEvent) }),
  });
}

async function packed({ event, payload }: { event: EventRecord; payload: Payload }) {
  const { body, ...rest } = payload;
  return {
    event: toAttributes(event),
    payload: { ...rest, bodyGzip: (await gzip(body)).toString('base64') },
  };
}

export function deliveryMessageBody({ orderKey, eventId, endpointId }: DeliveryKey): string {
  return toJson({ orderKey, eventId, endpointId });
}

/** ASCII only: SQS refuses bodies with certain characters, and an order id may contain any. */
function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const key = {
  orderKey: z.pipe(
    z.string().check(
      z.regex(/^[^/]+\/./s, 'must be a source and an order id'),
      z.refine((text) => Buffer.byteLength(text) <= PARTITION_KEY_LIMIT_BYTES, 'is too long'),
    ),
    z.transform((text) => text as OrderKey),
  ),
  eventId: z.pipe(
    z.string().check(z.refine(isEventId, 'must be an event id')),
    z.transform((text) => text as EventId),
  ),
};

const body = z.pipe(
  z.base64(),
  z.transform((text, context) => {
    try {
      return gunzipSync(Buffer.from(text, 'base64'));
    } catch {
      context.issues.push({ code: 'custom', message: 'must be in gzip format', input: text });
      return z.NEVER;
    }
  }),
);

const unstoredSchema = z.object({
  event: z.record(z.string(), z.unknown()),
  payload: z.pipe(
    z.object({
      contentType: z.exactOptional(z.string()),
      contentEncoding: z.exactOptional(z.string()),
      bodyGzip: body,
    }),
    z.transform(({ bodyGzip, ...rest }) => ({ ...rest, body: bodyGzip })),
  ),
});

const eventMessageSchema = z.pipe(
  z.object({
    ...key,
    tokenSha256: z.exactOptional(
      z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')),
    ),
    fullEvent: z.exactOptional(unstoredSchema),
  }),
  z.transform(({ fullEvent, ...event }) => ({
    ...event,
    ...(fullEvent !== undefined && {
      fullEvent: { event: readEvent(event, fullEvent.event), payload: fullEvent.payload },
    }),
  })),
);

const deliveryMessageSchema = z.object({ ...key, endpointId: endpointIdSchema });

/** The parts of a received SQS message that the parser uses. */
export interface ReceivedMessage {
  readonly body: string;
  /** `ApproximateReceiveCount` counts from one. */
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

export function parseEventMessage({ body, attributes }: ReceivedMessage): Parsed<EventMessage> {
  const parsed = parse(body, eventMessageSchema);
  if (parsed.kind === 'foreign' || Number(attributes.ApproximateReceiveCount) <= 1) return parsed;
  return { kind: 'message', message: { ...parsed.message, receivedBefore: true } };
}

export function parseDeliveryMessage({ body }: Pick<ReceivedMessage, 'body'>): Parsed<DeliveryKey> {
  return parse(body, deliveryMessageSchema);
}

function parse<Message>(text: string, schema: z.ZodMiniType<Message>): Parsed<Message> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'foreign', reason: 'body is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'message', message: parsed.data };
  const [issue] = parsed.error.issues;
  return { kind: 'foreign', reason: [issue?.path.join('.'), issue?.message].filter(Boolean).join(': ') };
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const ALLOWED = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

/** Returns the id itself if SQS allows it as a message group id, else its SHA-256. */
export function messageGroupOf(id: string): string {
  return ALLOWED.test(id) ? id : sha256Hex(id);
}
