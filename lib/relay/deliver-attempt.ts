/** One attempt of deliver: the rights that it needs, the lease it is made under, and what is made of its result. */
import { ulid } from 'ulid';
import { attempt } from './attempt.ts';
import { after } from './clock.ts';
import { attemptTakesMs } from './content.ts';
import { type Attempt, type Delivery, isSettled } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import type { Payload } from './event.ts';
import type { ToldEvent } from './expression-input.ts';
import { blamesEndpoint } from './health.ts';
import type { DeliveryChange } from './ports.ts';
import type { SendingRelay } from './relay.ts';
import { writeOutcome } from './settle.ts';
import {
  afterAttempt,
  afterFailedProbe,
  changed,
  LONGEST_DELAY_MS,
  slotted,
  unheardOf,
  wakeUp,
  withoutSlot,
} from './transition.ts';
import { wake } from './wake.ts';

/** A lease outlives the attempt's deadline by this: clocks may differ by two seconds, and the result must be written. */
const LEASE_MARGIN_MS = 10_000;
/** SQS delays by whole seconds: what is left of a wait for a slot is slept. */
const SLEPT_MS = 1_000;
/** Who comes later than this to its slot takes another, or those that were held up would all go at once. */
const SLOT_VALID_MS = 1_000;

/** False when it was not made: another one is at it, or its moment is yet to come. */
export async function attemptUnderLease(
  relay: SendingRelay,
  endpoint: Endpoint,
  delivery: Delivery,
  event: ToldEvent,
  payload: Payload,
): Promise<boolean> {
  const { health } = relay.config;
  if (!(await reachesSlot(relay, endpoint, delivery))) return false;
  const isProbe = health.of(endpoint.id).state === 'open';
  if (isProbe && !(await health.takeProbe(endpoint.id))) return false;

  const leaseId = ulid(relay.clock.now().getTime(), relay.random);
  const leaseUntil = after(relay.clock.now(), attemptTakesMs(endpoint) + LEASE_MARGIN_MS);
  const lease = { leaseId, leaseUntil, dueAt: leaseUntil, ...unheardOf(delivery) };
  const unchanged = { state: 'pending', leaseId: delivery.leaseId } as const;
  if (!(await relay.eventLog.updateDelivery(delivery, unchanged, lease))) return false;

  const leased = changed(delivery, lease);
  const made = await attempt(relay, endpoint, event, payload);
  await writeResult(relay, leased, resultOf(relay, endpoint, leased, made, isProbe));
  return true;
}

/** True when it may go now; else it has a moment of its own, and comes back then. */
async function reachesSlot(relay: SendingRelay, endpoint: Endpoint, delivery: Delivery): Promise<boolean> {
  const { rateLimitPerSecond } = endpoint;
  if (rateLimitPerSecond === undefined) return true;
  const now = relay.clock.now();
  const { slotAt } = delivery;
  const isValid = slotAt !== undefined && after(slotAt, SLOT_VALID_MS) >= now;
  const intervalMs = 1000 / rateLimitPerSecond;
  const slot = isValid
    ? slotAt
    : await relay.config.health.takeSlot(endpoint.id, intervalMs, LONGEST_DELAY_MS);
  const waitMs = slot === undefined ? Number.POSITIVE_INFINITY : slot.getTime() - relay.clock.now().getTime();
  if (waitMs <= SLEPT_MS) {
    if (waitMs > 0) await relay.clock.sleep(waitMs);
    return true;
  }
  const change = slot === undefined ? withoutSlot(now) : slotted(slot, now);
  const unchanged = { state: 'pending', leaseId: delivery.leaseId } as const;
  if (await relay.eventLog.updateDelivery(delivery, unchanged, change))
    await wake(relay, wakeUp(changed(delivery, change), now));
  return false;
}

function resultOf(
  relay: SendingRelay,
  endpoint: Endpoint,
  leased: Delivery,
  made: Attempt,
  isProbe: boolean,
): DeliveryChange {
  const now = relay.clock.now();
  return isProbe && blamesEndpoint(made)
    ? afterFailedProbe(leased, made, now)
    : afterAttempt(leased, endpoint, made, now, relay.random);
}

async function writeResult(relay: SendingRelay, leased: Delivery, change: DeliveryChange): Promise<void> {
  const { eventId, endpointId, leaseId } = leased;
  if (!(await relay.eventLog.updateDelivery(leased, { state: 'pending', leaseId }, change))) {
    relay.telemetry.warn('lease was overtaken while sending', { eventId, endpointId });
    return;
  }
  const attempted = changed(leased, change);
  if (isSettled(attempted)) await writeOutcome(relay, attempted);
  else await wake(relay, wakeUp(attempted, relay.clock.now()));
}
