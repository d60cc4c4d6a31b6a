/** What one attempt sends: a request with an endpoint's credentials, and one more if those had changed. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EventRecord } from '../model/event.ts';
import type { SendResult } from '../ports/outgoing.ts';
import { CredentialsError } from '../secrets/secret-cache.ts';
import { type Credentials, credentialsFor, invalidateSecretsOf } from './credentials.ts';
import { redactSecrets } from './redact.ts';
import { buildRequest, type Content } from './request.ts';

const UNAUTHORIZED = 401;

/** Asked right before a request starts. */
export interface Fence {
  /** How long the next request has to wait. */
  readonly waitMs: number;
  /** Waits until the request may start. */
  ready(): Promise<void>;
  /** Whether a request that takes so long at most still ends in time. Nothing is awaited between this and the request. */
  allows(requestMs: number): boolean;
}

/** The right to send ended before the request could start, so none was made. */
export class LeaseExpiredError extends Error {
  override readonly name = 'LeaseExpiredError';
}

/**
 * Has the credentials, and posts. A 401 makes the credentials be had anew, and when they are others now, the request
 * goes once more. All of it takes no longer than the endpoint's timeout. Without credentials there is no request, and the
 * result says why.
 *
 * @throws LeaseExpiredError when the fence does not allow the request any more
 */
export async function send(
  context: SendingContext,
  endpoint: Endpoint,
  event: EventRecord,
  content: Content,
  fence?: Fence,
): Promise<SendResult> {
  const startedMs = context.clock.monotonicMs();
  const limitMs = Math.ceil(endpoint.timeoutSeconds * 1000);
  const wanted = () => ({ now: context.clock.now(), deadlineMs: startedMs + limitMs });
  const post = async (credentials: Credentials) => {
    await fence?.ready();
    const timeoutMs = Math.max(1, limitMs - Math.floor(context.clock.monotonicMs() - startedMs));
    const request = buildRequest(endpoint, event, content, {
      credentials,
      now: context.clock.now(),
      timeoutMs,
    });
    if (fence?.allows(timeoutMs) === false) throw new LeaseExpiredError('the lease ended before the request');
    return redactSecrets(await context.sender.post(request), credentials);
  };
  try {
    const credentials = await credentialsFor(context.secretCache, endpoint, wanted());
    const result = await post(credentials);
    if (result.kind !== 'answer' || result.status !== UNAUTHORIZED) return result;
    invalidateSecretsOf(context.secretCache, endpoint);
    const renewed = await credentialsFor(context.secretCache, endpoint, {
      ...wanted(),
      refusedToken: credentials.token,
    });
    const leftMs = startedMs + limitMs - context.clock.monotonicMs();
    // With a rate limit there may be no time left for another request: the next attempt has the new credentials.
    return areSame(credentials, renewed) || (fence?.waitMs ?? 0) >= leftMs ? result : await post(renewed);
  } catch (error) {
    if (error instanceof CredentialsError) return { kind: 'failure', error: error.message };
    throw error;
  }
}

function areSame(one: Credentials, other: Credentials): boolean {
  return (
    JSON.stringify([one.headers, one.signingKeys]) === JSON.stringify([other.headers, other.signingKeys])
  );
}
