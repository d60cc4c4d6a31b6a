/** Builds the relay's queue messages. */
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventRecord, Payload } from '../../relay/model/event.ts';
import { sha256Hex } from '../../relay/model/ids.ts';
import type { EventMessage } from '../../relay/ports/queues.ts';
import { toAttributes } from '../../relay/rows/attributes.ts';
import { gzip } from '../dynamodb/payload-row.ts';

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

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const ALLOWED = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

/** Returns the id itself if SQS allows it as a message group id, else its SHA-256. */
export function messageGroupOf(id: string): string {
  return ALLOWED.test(id) ? id : sha256Hex(id);
}
