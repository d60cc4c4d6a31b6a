/** Decides whether an endpoint may be sent to now, and by which function, from its row and its health. */
import type { Endpoints } from '../config.ts';
import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { awaitAll } from '../model/await-all.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import { type Health, isProven, probeTaken, UNKNOWN_HEALTH } from './health.ts';

export type Admission =
  /** `inline`: fan-out may attempt it at once. Otherwise only deliver may: it is unproven, or has a rate limit. */
  | { readonly kind: 'send'; readonly inline: boolean }
  /** The endpoint asked for no requests during this time. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** Deliver may send one request to test whether the endpoint answers again. */
  | { readonly kind: 'probe'; readonly reason: Reason }
  /** Nothing is sent for now. Its deliveries wait. */
  | { readonly kind: 'park'; readonly reason: Reason }
  /** Nothing is sent. Its deliveries are cancelled. */
  | { readonly kind: 'cancel'; readonly reason: Reason };

/** An admission by the current rows. */
export type CurrentAdmission =
  | (Admission & { readonly endpoint: Endpoint })
  /** The endpoint has no row. Its deliveries are cancelled once they are old enough. */
  | { readonly kind: 'removed' }
  /** The row is invalid, or the config is too old to cancel deliveries. They wait. */
  | { readonly kind: 'invalid' };

/** The state that stops normal sending to an endpoint. */
export type Block = 'disabled' | 'paused' | 'failing';

/** An unproven endpoint is reread this often while it gets events, so that the detour through deliver ends soon. */
const PROOF_REREAD_MS = 250;
/** While the config cannot be read, rows older than this cancel nothing. */
const MAX_CONFIG_AGE_MS = 60_000;

/**
 * The state that stops normal sending; undefined when there is none. `disabled` comes first, whether an operator or the
 * relay disabled the endpoint: it cancels deliveries, while `paused` and `failing` only delay them.
 */
export function blockOf(
  { state }: Pick<Endpoint, 'state'>,
  health: Health = UNKNOWN_HEALTH,
): Block | undefined {
  if (state === 'disabled' || health.state === 'disabled') return 'disabled';
  if (state === 'paused') return 'paused';
  return health.state === 'failing' ? 'failing' : undefined;
}

/** The admission by the rows as this function knows them. */
export function admissionNow(
  { config, clock }: Pick<SendingContext, 'clock' | 'config'>,
  endpoint: Endpoint,
): Admission {
  const { healthRecorder } = config;
  const { id } = endpoint;
  return admissionOf(endpoint, healthRecorder.current(id), clock.now(), healthRecorder.waitMs(id));
}

export function admissionOf(endpoint: Endpoint, health: Health, now: Date, waitMs: number): Admission {
  const block = blockOf(endpoint, health);
  switch (block) {
    case 'disabled':
      return { kind: 'cancel', reason: 'endpoint-disabled' };
    case 'paused':
      return { kind: 'park', reason: 'endpoint-paused' };
    case 'failing':
      return {
        kind: probeTaken(health, now) === undefined ? 'park' : 'probe',
        reason: 'endpoint-failing',
      };
    case undefined:
      if (waitMs > 0) return { kind: 'wait', waitMs };
      return { kind: 'send', inline: endpoint.rateLimitPerSecond === undefined && isProven(health) };
  }
}

/**
 * Rereads the health of endpoints that fan-out may attempt inline as soon as one quick answer has proven them: another
 * function may have seen that answer. Never rejects: without newer rows, deliver makes the attempts.
 */
export async function rereadUnproven(
  { config, clock, telemetry }: Pick<SendingContext, 'clock' | 'config' | 'telemetry'>,
  endpoints: readonly Endpoint[],
): Promise<void> {
  const now = clock.now();
  const onError = (error: unknown, endpointId: EndpointId) =>
    telemetry.error('health could not be read; the cached health stays in use', error, { endpointId });
  const unproven = endpoints.filter((endpoint) => {
    try {
      return awaitsProof(endpoint, config.healthRecorder.current(endpoint.id), now);
    } catch (error) {
      onError(error, endpoint.id);
      return false;
    }
  });
  await awaitAll(
    unproven.map(async ({ id }) => {
      try {
        await config.health.rereadEvery(id, PROOF_REREAD_MS);
      } catch (error) {
        onError(error, id);
      }
    }),
  );
}

/** A slow endpoint cannot be proven yet, and one with a rate limit is never attempted inline. */
function awaitsProof(endpoint: Endpoint, health: Health, now: Date): boolean {
  const isSlow = health.slowUntil !== undefined && health.slowUntil > now;
  const hasLimit = endpoint.rateLimitPerSecond !== undefined;
  return blockOf(endpoint, health) === undefined && !isProven(health) && !isSlow && !hasLimit;
}

/** Rereads the rows before deliveries are parked or cancelled because of them. */
export async function currentAdmission(
  context: Pick<SendingContext, 'clock' | 'config'>,
  id: EndpointId,
): Promise<CurrentAdmission> {
  const cached = admissionAmong(context, id, await context.config.endpoints());
  if (cached.kind === 'send' || cached.kind === 'wait') return cached;
  const endpoints = await context.config.endpoints(true);
  const reread = admissionAmong(context, id, endpoints);
  const cancels = reread.kind === 'removed' || reread.kind === 'cancel';
  const isOld = context.clock.monotonicMs() - endpoints.readAtMs > MAX_CONFIG_AGE_MS;
  return cancels && isOld ? { kind: 'invalid' } : reread;
}

function admissionAmong(
  context: Pick<SendingContext, 'clock' | 'config'>,
  id: EndpointId,
  { valid, invalid }: Endpoints,
): CurrentAdmission {
  if (invalid.some((row) => row.id === id)) return { kind: 'invalid' };
  const endpoint = valid.find((row) => row.id === id);
  if (endpoint === undefined) return { kind: 'removed' };
  return { ...admissionNow(context, endpoint), endpoint };
}
