/** Acts as the Hub: appends the order id to the webhook address, and sends a POST. */
import { z } from 'zod';

export interface Webhook {
  /** `POST` when absent. */
  readonly method?: string;
  /** Put on the end of the address, percent-encoded; nothing when absent. */
  readonly orderId?: string;
  readonly contentType?: string;
  /** An order with the order id when absent; none without an order id, and for a GET or HEAD, which cannot have one. */
  readonly body?: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

export async function send(address: string, webhook: Webhook = {}): Promise<Answer> {
  const { method = 'POST', orderId = '', contentType } = webhook;
  const hasBody = orderId !== '' && method !== 'GET' && method !== 'HEAD';
  const { body = hasBody ? anOrder(orderId) : undefined } = webhook;
  const response = await fetch(address + encodeURIComponent(orderId), {
    method,
    ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
    ...(body !== undefined && { body: Uint8Array.from(body) }),
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text: await response.text(),
  };
}

const acceptedSchema = z.object({ status: z.literal(200), eventId: z.string() });

/**
 * Sends a webhook that the relay has to accept.
 *
 * @returns the id of its event
 */
export async function sendAccepted(address: string, webhook: Webhook): Promise<string> {
  const { status, text } = await send(address, webhook);
  return acceptedSchema.parse({ status, ...z.looseObject({}).parse(JSON.parse(text)) }).eventId;
}

/** A body as the Hub sends it, of an order with one item. */
export function anOrder(id: string, status = 'New'): Buffer {
  return Buffer.from(JSON.stringify({ Id: id, Items: [{ Sku: 'Mug-11oz-White', Status: status }] }));
}
