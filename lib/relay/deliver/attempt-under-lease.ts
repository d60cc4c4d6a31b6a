/** Makes one attempt of deliver under a lease, and writes its result. */
import { ulid } from 'ulid';
import type { SendingContext } from '../context.ts';
import { applyChange } from '../delivery/apply-change.ts';
import type { EventAndPayload } from '../delivery/delivery-content.ts';
import { enqueue } from '../delivery/enqueue.ts';
import { writeOutcome } from '../delivery/settle.ts';
import {
  attempted,
  earlyAttemptFailed,
  isDue,
  leased,
  leaseReturned,
  messageFor,
  probeFailed,
} from '../delivery/state-machine.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { isEndpointFailure } from '../health/health.ts';
import type { RateLimiter } from '../health/rate-limiter.ts';
import { after, MAX_CLOCK_SKEW_MS } from '../model/clock.ts';
import {
  type Attempt,
  type Delivery,
  isSettled,
  isTest,
  type UnfinishedDelivery,
} from '../model/delivery.ts';
import type { EventRecord } from '../model/event.ts';
import { StoreError } from '../ports/event-log.ts';
import { attempt } from '../sending/attempt.ts';
import { type Fence, LeaseExpiredError } from '../sending/send.ts';
import { maxAttemptMs, TransformPostponedError } from '../sending/transform.ts';
import { unprocessable } from '../sending/unprocessable.ts';
import { postpone } from './postpone.ts';

/** A lease lasts this much longer than its request: clocks differ by two seconds, and the result must be written. */
const LEASE_MARGIN_MS = 10_000;

interface ResultOptions {
  readonly isProbe?: boolean;
  /** As it was read before the attempt. */
  readonly event?: EventRecord;
}

export interface LeasedAttemptOptions {
  readonly isProbe: boolean;
  readonly rateLimiter: RateLimiter | undefined;
}

/**
 * @returns undefined when no attempt was made: another function took the lease, it expired before the request, or other
 * expressions took the transform's time
 */
export async function attemptUnderLease(
  context: SendingContext,
  endpoint: Endpoint,
  delivery: UnfinishedDelivery,
  content: EventAndPayload,
  { isProbe, rateLimiter }: LeasedAttemptOptions,
): Promise<Attempt | undefined> {
  const { clock, random } = context;
  const leaseMs = maxAttemptMs(endpoint) + LEASE_MARGIN_MS;
  const fence = fenceOf(context, leaseMs, rateLimiter);
  const now = clock.now();
  const lease = leased(delivery, ulid(now.getTime(), random), after(now, leaseMs), now);
  const row = await applyChange(context, delivery, lease);
  if (row === undefined) return undefined;
  try {
    const made = await attempt(context, endpoint, content.event, content.payload, { fence, isProbe });
    await writeResult(context, endpoint, row, made, { isProbe, event: content.event });
    return made;
  } catch (error) {
    if (error instanceof LeaseExpiredError) {
      context.telemetry.warn('lease ended before the request could be sent', idsOf(delivery));
      await applyChange(context, row, leaseReturned(row, clock.now()));
      return undefined;
    }
    if (error instanceof TransformPostponedError) {
      await postpone(context, row);
      return undefined;
    }
    if (error instanceof StoreError) throw error;
    const made = unprocessable(context, delivery, error);
    await writeResult(context, endpoint, row, made);
    return made;
  }
}

/** Writes the attempt's result, unless the row has changed since it was read. */
export async function writeResult(
  context: SendingContext,
  endpoint: Endpoint,
  row: UnfinishedDelivery,
  made: Attempt,
  { isProbe = false, event }: ResultOptions = {},
): Promise<void> {
  const now = context.clock.now();
  const next = await applyChange(context, row, nextAfter(context, endpoint, row, made, isProbe));
  if (next === undefined) context.telemetry.warn('lease was lost while sending', idsOf(row));
  else if (isSettled(next)) await writeOutcome(context, next, event);
  else await enqueue(context, messageFor(next, now));
}

function nextAfter(
  { clock, random, config }: SendingContext,
  endpoint: Endpoint,
  row: UnfinishedDelivery,
  made: Attempt,
  isProbe: boolean,
): Delivery {
  const now = clock.now();
  if (isEndpointFailure(made)) {
    if (isProbe && !isTest(row)) return probeFailed(row, made, now);
    const asksToWait = made.retryAfterSeconds !== undefined;
    if (!isDue(row, made.at) && !asksToWait) return earlyAttemptFailed(row, made, now);
  }
  return attempted(row, endpoint, made, now, random, config.healthRecorder.current(endpoint.id));
}

/** A frozen process must not send after its lease expired. Both clocks are checked: either may have stood still, too. */
function fenceOf({ clock }: SendingContext, leaseMs: number, rateLimiter: RateLimiter | undefined): Fence {
  const endMs = clock.monotonicMs() + leaseMs - MAX_CLOCK_SKEW_MS;
  const endAt = after(clock.now(), leaseMs - MAX_CLOCK_SKEW_MS);
  return {
    get waitMs() {
      return rateLimiter?.waitMs ?? 0;
    },
    ready: async () => rateLimiter?.waitToSend(),
    allows: (requestMs) => clock.monotonicMs() + requestMs <= endMs && after(clock.now(), requestMs) <= endAt,
  };
}

function idsOf({ eventId, endpointId }: Delivery): { eventId: string; endpointId: string } {
  return { eventId, endpointId };
}
