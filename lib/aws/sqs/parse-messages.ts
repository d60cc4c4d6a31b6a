/** Parses the relay's queue messages. */
import { gunzipSync } from 'node:zlib';
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import { type EventId, isEventId, type OrderKey, PARTITION_KEY_LIMIT_BYTES } from '../../relay/model/ids.ts';
import * as z from '../../relay/model/zod.ts';
import type { EventMessage } from '../../relay/ports/queues.ts';
import { readEvent } from '../../relay/rows/read-event.ts';

/** A parsed message, or the reason why the body is not one. The reason names fields and rules, never values. */
export type Parsed<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'foreign'; readonly reason: string };

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
