/** Sends a webhook to a webhook address, as the Hub does. */
import { z } from 'zod';
import { readOrder } from '../../relay/model/hub-order.ts';
import { InvalidInputError } from '../errors.ts';
import { type JsonFault, jsonFault } from './json-fault.ts';

/** API Gateway responds within 30 seconds. */
const RESPONSE_TIMEOUT_MS = 35_000;

export interface OutgoingWebhook {
  /** Ends in `?orderid=`. */
  readonly address: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Taken from the body when absent. */
  readonly orderId?: string | undefined;
}

export interface WebhookResponse {
  readonly status: number;
  readonly orderId?: string;
  /** The id of the stored event. */
  readonly eventId?: string;
  /** The relay's message when it stored nothing. */
  readonly message?: string;
}

/** The webhook got no response, or not a 2xx. */
export class SendError extends Error {
  override readonly name = 'SendError';
}

const responseSchema = z.object({ eventId: z.string().exactOptional(), message: z.string().exactOptional() });

/**
 * @throws InvalidInputError when the address is not a webhook address, or the body is not JSON although its type says so
 * @throws SendError when there was no response
 */
export async function sendWebhook(webhook: OutgoingWebhook): Promise<WebhookResponse> {
  const address = checkAddress(webhook.address);
  checkBody(webhook);
  const orderId = webhook.orderId ?? readOrder(webhook.body).orderId;
  const response = await post(address + encodeURIComponent(orderId?.toWellFormed() ?? ''), webhook);
  return {
    status: response.status,
    ...(orderId !== undefined && { orderId }),
    ...responseSchema.safeParse(await readJson(response)).data,
  };
}

function checkAddress(address: string): string {
  const problem = !/^https?:$/.test(URL.parse(address)?.protocol ?? '')
    ? 'must be an absolute http or https URL'
    : /[?&]orderid=$/i.test(address)
      ? undefined
      : 'must end in ?orderid= as the relay printed it: the Hub appends the order id';
  if (problem !== undefined) throw new InvalidInputError([{ attribute: 'address', problem }]);
  return address;
}

/** An empty body is a ping: the Hub’s settings page sends one. */
function checkBody({ body, contentType }: OutgoingWebhook): void {
  if (body.length === 0 || !/^application\/(json|[\w.-]+\+json)\b/i.test(contentType)) return;
  const fault = jsonFault(new TextDecoder().decode(body));
  if (fault !== undefined) throw new InvalidInputError([{ attribute: 'file', problem: problemOf(fault) }]);
}

function problemOf({ line, character, found }: JsonFault): string {
  const where = `line ${line}, character ${character}`;
  const asItIs = 'or give --content-type text/plain to send it as it is';
  if (found === undefined) return `is not JSON: it ends too early, at ${where}. Complete it, ${asItIs}`;
  if (TYPOGRAPHIC_QUOTES.includes(found))
    return `is not JSON: it has the typographic quote ${found} at ${where}. Replace typographic quotes with ", ${asItIs}`;
  return `is not JSON: ${JSON.stringify(found)} is wrong at ${where}. Correct it, ${asItIs}`;
}

/** Word processors and web pages put them in place of `"`. The Hub’s published sample is often copied with them. */
const TYPOGRAPHIC_QUOTES = '“”„‟‘’‚‛«»';

/** The address contains the token, so errors name only the host. */
async function post(url: string, { body, contentType }: OutgoingWebhook): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: Uint8Array.from(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
  } catch (error) {
    throw new SendError(`${new URL(url).host} did not respond: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return `timeout after ${RESPONSE_TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.name;
  return 'code' in cause ? String(cause.code) : cause.message;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // Not a relay's response. The status is enough.
    return undefined;
  }
}
