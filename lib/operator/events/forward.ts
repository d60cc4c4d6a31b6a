/** Forwards new events to a program on the operator's own machine, as an endpoint would get them. */
import { type Endpoint, endpointSchema } from '../../relay/endpoint/endpoint.ts';
import { signingKey } from '../../relay/endpoint/signing-secret.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { OutgoingRequest, Sender, SendResult } from '../../relay/ports/outgoing.ts';
import { OrderIdError } from '../../relay/sending/order-url.ts';
import { buildRequest } from '../../relay/sending/request.ts';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import { type FollowOptions, newEvents } from './new-events.ts';

export interface ForwardTarget {
  /** As an endpoint's URL: with `{orderid}`, or the order id is appended as the Hub appends it. */
  readonly url: string;
  /** Signs each request. */
  readonly signingSecret: string;
}

/** `unsent`: no request was made. */
export interface Forwarded {
  readonly event: EventRecord;
  readonly at: Date;
  readonly durationMs: number;
  readonly url?: string;
  readonly result: SendResult | { readonly kind: 'unsent'; readonly reason: string };
}

/** The program has as long as an endpoint has by default. */
const TIMEOUT_MS = 10_000;

/**
 * @param target the URL and the secret are checked before the first event
 * @throws InvalidInputError
 */
export function forwardEvents(
  connection: Pick<Connection, 'clock' | 'eventLog' | 'eventReader'>,
  sender: Sender,
  target: ForwardTarget,
  options: FollowOptions,
): AsyncGenerator<Forwarded, void, undefined> {
  // The same rules as for an endpoint, which the program stands for.
  const endpoint = checkAttributes(endpointSchema, { id: 'listen', ...target });
  const key = signingKey(target.signingSecret);
  return forwarded(connection, sender, { endpoint, signingKeys: key === undefined ? [] : [key] }, options);
}

interface Receiver {
  readonly endpoint: Endpoint;
  readonly signingKeys: readonly Uint8Array[];
}

/** One request at a time, oldest event first. */
async function* forwarded(
  connection: Pick<Connection, 'clock' | 'eventLog' | 'eventReader'>,
  sender: Sender,
  receiver: Receiver,
  options: FollowOptions,
): AsyncGenerator<Forwarded, void, undefined> {
  for await (const keys of newEvents(connection, options))
    for (const key of keys) {
      if (options.signal.aborted) return;
      const result = await forward(connection, sender, receiver, key);
      if (result !== undefined) yield result;
    }
}

/** Undefined when the event has expired. */
async function forward(
  { clock, eventLog }: Pick<Connection, 'clock' | 'eventLog'>,
  sender: Sender,
  { endpoint, signingKeys }: Receiver,
  key: EventKey,
): Promise<Forwarded | undefined> {
  const [event, payload] = await Promise.all([eventLog.event(key), eventLog.payload(key)]);
  if (event === undefined) return undefined;
  const at = clock.now();
  const unsent = (reason: string): Forwarded => ({
    event,
    at,
    durationMs: 0,
    result: { kind: 'unsent', reason },
  });
  if (payload === undefined) return unsent('payload is gone: it expired or was erased');
  let request: OutgoingRequest;
  try {
    const credentials = { headers: {}, signingKeys };
    request = buildRequest(endpoint, event, payload, { credentials, now: at, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (error instanceof OrderIdError) return unsent(error.message);
    throw error;
  }
  const startedMs = clock.monotonicMs();
  const result = await sender.post(request);
  return { event, at, durationMs: Math.round(clock.monotonicMs() - startedMs), url: request.url, result };
}
