/** The right to send to an endpoint from deliver. One invocation holds it at a time; its health row records the holder. */
import { ulid } from 'ulid';
import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { after, sane } from '../model/clock.ts';
import type { EndpointId } from '../model/ids.ts';
import type { RowAttributes } from '../ports/config-table.ts';
import { probeTaken } from './health.ts';
import type { HealthRow } from './health-row.ts';
import type { HealthStore } from './health-store.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Clocks differ by up to two seconds, and Lambda may kill a function a moment late. */
const LOCK_MARGIN_MS = 5_000;

/** Lambda runs a function for 15 minutes at most. */
const LONGEST_LOCK_MS = 15 * 60_000;

/**
 * A burst comes in several services. The next one starts with the requests in flight that the last one reached, if it
 * starts soon: a circuit stays open for longer.
 */
const IN_FLIGHT_VALID_MS = 55_000;

/** True while an invocation holds the endpoint's lock. */
export function isLocked({ lockedUntil }: Pick<HealthRow, 'lockedUntil'>, now: Date): boolean {
  const until = sane(lockedUntil, now, LONGEST_LOCK_MS);
  return until !== undefined && until > now;
}

export interface DeliveryLock {
  /** Undefined when the endpoint has no rate limit. */
  readonly rateLimiter: RateLimiter | undefined;
  /** The limit of requests in flight that the previous holder passed on less than a minute ago; otherwise 1. */
  readonly inFlightLimit: number;
  /**
   * Never rejects: a lock that cannot be released expires.
   * @param inFlightLimit for the next holder; undefined leaves the one of the holder before
   */
  release(inFlightLimit: number | undefined): Promise<void>;
}

/**
 * @param holdMs the longest time that the caller may still run
 * @returns undefined while another invocation holds the lock
 */
export async function takeDeliveryLock(
  context: Pick<SendingContext, 'clock' | 'config' | 'random' | 'telemetry'>,
  endpointId: EndpointId,
  endpoint: Pick<Endpoint, 'rateLimitPerSecond'> | undefined,
  holdMs: number,
): Promise<DeliveryLock | undefined> {
  const { clock, config, telemetry } = context;
  const now = clock.now();
  const before = await config.health.reread(endpointId);
  if (isLocked(before, now)) return undefined;
  const lockId = ulid(now.getTime(), context.random);
  const lockedUntil = after(now, holdMs + LOCK_MARGIN_MS);
  if (!(await setLock(config.health, endpointId, before.lockId, { lockId, lockedUntil }))) return undefined;
  const perSecond = endpoint?.rateLimitPerSecond;
  const rateLimiter = perSecond === undefined ? undefined : new RateLimiter(clock, perSecond, before);
  return {
    rateLimiter,
    inFlightLimit: passedOn(before, now),
    release: async (inFlightLimit) => {
      try {
        await setLock(config.health, endpointId, lockId, {
          lockId: null,
          lockedUntil: null,
          ...(inFlightLimit !== undefined && {
            inFlightLimit,
            inFlightUntil: after(clock.now(), IN_FLIGHT_VALID_MS),
          }),
          nextSendAt: rateLimiter?.nextSendAt ?? null,
        });
      } catch (error) {
        telemetry.error('delivery lock could not be released; it ends by itself', error, { endpointId });
      }
    },
  };
}

/** A holder that died may have died of it. */
function passedOn({ lockId, inFlightLimit = 1, inFlightUntil }: HealthRow, now: Date): number {
  const until = sane(inFlightUntil, now, IN_FLIGHT_VALID_MS);
  return lockId === undefined && until !== undefined && until > now ? inFlightLimit : 1;
}

/** Takes the right to send the next probe. True when this invocation got it. */
export async function takeProbe(
  { clock, config }: Pick<SendingContext, 'clock' | 'config'>,
  endpointId: EndpointId,
): Promise<boolean> {
  const taken = await config.health.change(endpointId, (health) => probeTaken(health, clock.now()));
  return taken !== undefined;
}

/** Writes the lock. False when the row names another holder than `previousId`. */
function setLock(
  store: HealthStore,
  id: EndpointId,
  previousId: string | undefined,
  lock: RowAttributes,
): Promise<boolean> {
  return store.compareAndSet(id, { lockId: previousId }, lock);
}
