/** The right to serve an endpoint from deliver: one invocation at a time has it. It stands in the endpoint's health row. */
import { ulid } from 'ulid';
import type { SendingRelay } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { after } from '../model/clock.ts';
import type { EndpointId } from '../model/ids.ts';
import { Pace } from './rate-limit.ts';

/** Clocks differ by two seconds, and Lambda may kill a function a moment late. */
const CLOCKS_DIFFER_MS = 5_000;

export interface DeliveryLock {
  /** Keeps the endpoint's rate limit; undefined without one. */
  readonly pace: Pace | undefined;
  /** How many requests the last holder had in flight at most, if a message continues its service; else one. */
  readonly inFlightLimit: number;
  /**
   * Never rejects: a lock that cannot be released ends by itself.
   * @param inFlightLimit for the next holder, if a message continues the service
   */
  release(inFlightLimit: number | undefined): Promise<void>;
}

/**
 * @param holdMs how long the caller lives at most
 * @returns undefined while another invocation serves the endpoint
 */
export async function takeDeliveryLock(
  relay: Pick<SendingRelay, 'clock' | 'config' | 'random' | 'telemetry'>,
  endpointId: EndpointId,
  endpoint: Pick<Endpoint, 'rateLimitPerSecond'> | undefined,
  holdMs: number,
): Promise<DeliveryLock | undefined> {
  const { clock, config, telemetry } = relay;
  const now = clock.now();
  const before = await config.health.reread(endpointId);
  if (before.lockedUntil !== undefined && before.lockedUntil > now) return undefined;
  const lockId = ulid(now.getTime(), relay.random);
  const lockedUntil = after(now, holdMs + CLOCKS_DIFFER_MS);
  const { lockId: previousId } = before;
  if (!(await config.health.setLock(endpointId, previousId, { lockId, lockedUntil }))) return undefined;
  const rate = endpoint?.rateLimitPerSecond;
  const pace = rate === undefined ? undefined : new Pace(clock, rate, before);
  return {
    pace,
    inFlightLimit: before.lockId === undefined ? (before.inFlightLimit ?? 1) : 1,
    release: async (inFlightLimit) => {
      try {
        const unlocked = { lockId: null, lockedUntil: null, inFlightLimit: inFlightLimit ?? null };
        const released = {
          ...unlocked,
          nextSendAt: pace?.nextSendAt ?? null,
        };
        await config.health.setLock(endpointId, lockId, released);
      } catch (error) {
        telemetry.error('delivery lock could not be released; it ends by itself', error, { endpointId });
      }
    },
  };
}
