/** Plays the Hub: sends a webhook to a webhook address, as the Hub would. */
import { z } from 'zod';
import { readOrder } from '../../relay/model/hub-order.ts';
import { InvalidInputError } from '../errors.ts';

/** API Gateway answers within 30 seconds, come what may. */
const ANSWER_LIMIT_MS = 35_000;

export interface OutgoingWebhook {
  /** Ends in `?orderid=`. */
  readonly address: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Taken from the body when absent; a body without one is sent without one. */
  readonly orderId?: string | undefined;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly orderId?: string;
  /** The event as which it was stored. */
  readonly eventId?: string;
  /** What the relay has to say, when it stored nothing. */
  readonly message?: string;
}

/** There was no answer. */
export class SendError extends Error {
  override readonly name = 'SendError';
}

const answerSchema = z.object({ eventId: z.string().exactOptional(), message: z.string().exactOptional() });

/**
 * @throws InvalidInputError when the address is none for webhooks
 * @throws SendError when there was no answer
 */
export async function sendWebhook(webhook: OutgoingWebhook): Promise<WebhookAnswer> {
  const address = checkAddress(webhook.address);
  const orderId = webhook.orderId ?? readOrder(webhook.body).orderId;
  const response = await post(address + encodeURIComponent(orderId?.toWellFormed() ?? ''), webhook);
  return {
    status: response.status,
    ...(orderId !== undefined && { orderId }),
    ...answerSchema.safeParse(await readJson(response)).data,
  };
}

function checkAddress(address: string): string {
  const problem = !/^https?:$/.test(URL.parse(address)?.protocol ?? '')
    ? 'must be an absolute http or https URL'
    : /[?&]orderid=$/i.test(address)
      ? undefined
      : 'must end in ?orderid= as the relay has printed it: the Hub appends the order id to it';
  if (problem !== undefined) throw new InvalidInputError([{ attribute: 'address', problem }]);
  return address;
}

/** The address holds the token: no error may name more of it than the host. */
async function post(url: string, { body, contentType }: OutgoingWebhook): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: Uint8Array.from(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
  } catch (error) {
    throw new SendError(`${new URL(url).host} did not answer: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return `nothing within ${ANSWER_LIMIT_MS / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.name;
  return 'code' in cause ? String(cause.code) : cause.message;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // Not a relay's answer; its status says enough.
    return undefined;
  }
}
