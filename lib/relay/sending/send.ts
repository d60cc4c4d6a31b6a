/** Sends a request with the endpoint's credentials. After a 401 it sends a second one if the credentials have changed. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import type { SendResult } from '../ports/outgoing.ts';
import { CredentialsError } from '../secrets/secret-cache.ts';
import { type Credentials, credentialsFor, invalidateSecretsOf } from './credentials.ts';
import { redactSecrets } from './redact.ts';
import { buildRequest } from './request.ts';

const UNAUTHORIZED = 401;

/** Checks right before a request starts whether it may be sent. */
export interface Fence {
  /** The time until the next request may start. */
  readonly waitMs: number;
  /** Waits until the request may start. */
  ready(): Promise<void>;
  /** True when a request of this duration ends within the lease. Nothing is awaited between this call and the request. */
  allows(requestMs: number): boolean;
}

export interface SendOptions {
  /** Limits everything together. */
  readonly timeoutSeconds: number;
  readonly fence?: Fence | undefined;
}

/** The lease expired before the request started. Nothing was sent. */
export class LeaseExpiredError extends Error {
  override readonly name = 'LeaseExpiredError';
}

/**
 * Resolves the credentials and sends the request. After a 401 it resolves them again, and repeats the request if they have
 * changed. Without credentials nothing is sent, and the result has the reason.
 *
 * @throws LeaseExpiredError when the fence does not allow the request any more
 * @throws OrderIdError
 */
export async function send(
  context: SendingContext,
  endpoint: Endpoint,
  event: EventRecord,
  payload: Payload,
  { timeoutSeconds, fence }: SendOptions,
): Promise<SendResult> {
  const startedMs = context.clock.monotonicMs();
  const limitMs = Math.ceil(timeoutSeconds * 1000);
  const wanted = () => ({ now: context.clock.now(), deadlineMs: startedMs + limitMs });
  const post = async (credentials: Credentials) => {
    await fence?.ready();
    const timeoutMs = Math.max(1, limitMs - Math.floor(context.clock.monotonicMs() - startedMs));
    const request = buildRequest(endpoint, event, payload, {
      credentials,
      now: context.clock.now(),
      timeoutMs,
    });
    if (fence?.allows(timeoutMs) === false) throw new LeaseExpiredError('the lease ended before the request');
    return redactSecrets(await context.sender.post(request), credentials, endpoint);
  };
  try {
    const credentials = await credentialsFor(context.secretCache, endpoint, wanted());
    const result = await post(credentials);
    // Stryker disable next-line ConditionalExpression: a failure has no status
    if (result.kind !== 'answer' || result.status !== UNAUTHORIZED) return result;
    invalidateSecretsOf(context.secretCache, endpoint);
    const renewed = await credentialsFor(context.secretCache, endpoint, {
      ...wanted(),
      refusedToken: credentials.token,
    });
    const leftMs = startedMs + limitMs - context.clock.monotonicMs();
    // A rate limit may leave no time for a second request. The next attempt then uses the new credentials.
    return areSame(credentials, renewed) || (fence?.waitMs ?? 0) >= leftMs ? result : await post(renewed);
  } catch (error) {
    if (error instanceof CredentialsError) return { kind: 'failure', error: error.message };
    throw error;
  }
}

function areSame(one: Credentials, other: Credentials): boolean {
  return (
    JSON.stringify([one.headers, one.signingKeys, one.tls]) ===
    JSON.stringify([other.headers, other.signingKeys, other.tls])
  );
}
