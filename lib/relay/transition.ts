/** How a delivery goes from one state to the next: pure, and the same for fan-out and for deliver. */
import { succeeded } from './attempt.ts';
import { after, type Random } from './clock.ts';
import {
  type Attempt,
  attentionOf,
  type Delivery,
  type DeliveryState,
  isSettled,
  isTest,
} from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import type { EventKey } from './event.ts';
import type { EndpointId } from './ids.ts';
import type { DeliveryChange, DeliveryMessage } from './ports.ts';
import { nextAttemptAt } from './retry-schedule.ts';

/** How many attempts a row keeps. */
const ATTEMPTS_KEPT = 10;
/** SQS delays a message by at most 15 minutes; a longer wait is left to sweep. */
export const LONGEST_DELAY_MS = 15 * 60_000;
/** How often a `strict` endpoint may refuse an event before its order goes on. */
const STRICT_REFUSALS = 3;
/** Client errors that have to do with the moment: request timeout, too early, too many requests. */
const MAY_PASS_LATER = [408, 425, 429];
/** How long after a message should have come sweep takes it for lost. */
const MESSAGE_LOST_AFTER_MS = 60_000;

/** The endpoint may still be at work on the first one. */
const AGAIN_AFTER_CUT_SHORT_MS = 10_000;

const RATE_LIMITED = 'waits its turn: rate limit';

/** A delivery that nothing was done for yet. */
export function newDelivery(event: EventKey, endpointId: EndpointId, now: Date): Delivery {
  const { orderKey, eventId } = event;
  const owed = { owedSince: now, owedTo: endpointId, nextAttemptAt: now, dueAt: now };
  return { orderKey, eventId, endpointId, state: 'pending', attempts: [], attemptCount: 0, ...owed };
}

/** A delivery that ended before it needed a row: the event's outcome says all there is to say. */
export function withoutRow(
  delivery: Delivery,
  state: Exclude<DeliveryState, 'pending'>,
  reason: string,
): Delivery {
  return changed(delivery, { state, reason, owedTo: null, dueAt: null });
}

/** A delivery that waits for its endpoint's row or health to say otherwise: sweep leaves it alone until then. */
export function held(delivery: Delivery, reason: string): Delivery {
  const { nextAttemptAt: _, ...rest } = delivery;
  return { ...rest, reason };
}

/** A delivery about which the endpoint's filter is asked before anything else is done for it. */
export function undecided(delivery: Delivery): Delivery {
  return { ...delivery, undecided: true };
}

/** A delivery that deliver attempts first, woken by a message. */
export function leftToDeliver(delivery: Delivery, now: Date): Delivery {
  return { ...delivery, dueAt: after(now, MESSAGE_LOST_AFTER_MS) };
}

/** A delivery that waits for an earlier one of its order. */
export function behind(delivery: Delivery, waitUntil: Date): Delivery {
  const dueAt = after(waitUntil, MESSAGE_LOST_AFTER_MS);
  return { ...delivery, reason: 'behind an earlier delivery', nextAttemptAt: waitUntil, dueAt };
}

/** A delivery that is first attempted when its order has been quiet for a while: a newer event takes its place. */
export function debounced(delivery: Delivery, quietAt: Date, now: Date): Delivery {
  return changed(delivery, { ...postponing(quietAt, now), reason: 'waits until its order is quiet' });
}

/** What an attempt makes of a delivery. */
export function afterAttempt(
  delivery: Delivery,
  endpoint: Pick<Endpoint, 'maxAttempts' | 'ordering'>,
  made: Attempt,
  now: Date,
  random: Random,
): DeliveryChange {
  const attemptCount = delivery.attemptCount + 1;
  const counted = { ...noted(delivery, made), attemptCount };
  if (succeeded(made)) return { ...counted, ...settling('delivered', now) };
  // Who tries an endpoint out wants to see how it goes, not how it goes in three days.
  const maxAttempts = isTest(delivery) ? 1 : endpoint.maxAttempts;
  const usedUp = attemptCount >= maxAttempts || holdsUpItsOrder(endpoint, made, attemptCount);
  if (usedUp) return { ...counted, ...settling('dead', now) };
  const scheduled = nextAttemptAt(now, attemptCount, random);
  const asked = after(now, (made.retryAfterSeconds ?? 0) * 1000);
  return { ...counted, ...postponing(new Date(Math.max(asked.getTime(), scheduled.getTime())), now) };
}

/** What an attempt makes of a delivery that it was given up for, for the sake of others: it counts for nothing. */
export function afterCutShort(delivery: Delivery, made: Attempt, now: Date): DeliveryChange {
  return {
    ...noted(delivery, made),
    ...postponing(after(now, AGAIN_AFTER_CUT_SHORT_MS), now),
    reason: 'takes longer than a first attempt may',
    mayHaveArrivedAt: made.at,
  };
}

/** What a probe makes of the delivery it was made with, when it failed: nothing, but that it can be seen. */
export function afterFailedProbe(delivery: Delivery, made: Attempt, now: Date): DeliveryChange {
  const givenBack = { nextAttemptAt: null, leaseId: null, leaseUntil: null, dueAt: now };
  return { ...noted(delivery, made), ...givenBack, reason: 'circuit is open' };
}

/** A delivery to an endpoint with a rate limit, whose turn comes at a moment of its own. */
export function slotted(slotAt: Date, now: Date): DeliveryChange {
  return { ...postponing(slotAt, now), slotAt, reason: RATE_LIMITED };
}

/** A delivery for which no moment is near enough: sweep brings it back, as part of a backlog. */
export function withoutSlot(now: Date): DeliveryChange {
  const dueAt = after(now, MESSAGE_LOST_AFTER_MS);
  return { reason: RATE_LIMITED, nextAttemptAt: null, slotAt: null, dueAt };
}

function noted(delivery: Delivery, made: Attempt): DeliveryChange {
  const attempts = [...delivery.attempts, made].slice(-ATTEMPTS_KEPT);
  return { attempts, ...(delivery.slotAt !== undefined && { slotAt: null }) };
}

/** A request that is refused for what it is will be refused again, and with `strict` its order waits behind it. */
function holdsUpItsOrder(
  { ordering }: Pick<Endpoint, 'ordering'>,
  { status }: Attempt,
  attemptCount: number,
) {
  if (ordering !== 'strict' || status === undefined || attemptCount < STRICT_REFUSALS) return false;
  return status >= 400 && status <= 499 && !MAY_PASS_LATER.includes(status);
}

/** The end of a delivery. It stays owed until the event's outcome says the same: see {@link resting}. */
export function settling(
  state: Exclude<DeliveryState, 'pending'>,
  now: Date,
  reason?: string,
): DeliveryChange {
  return {
    state,
    settledAt: now,
    reason: reason ?? null,
    nextAttemptAt: null,
    leaseId: null,
    leaseUntil: null,
  };
}

/** A lease that nobody has given back: who held it may have sent, and died before it could write so. */
export function unheardOf({ leaseId, leaseUntil, owedSince }: Delivery): DeliveryChange {
  return leaseId === undefined ? {} : { mayHaveArrivedAt: leaseUntil ?? owedSince };
}

/** What is left to do once everything that follows from a settled delivery is written: nothing, or a person's look. */
export function resting(delivery: Delivery, now: Date): DeliveryChange {
  const needsPerson = (delivery.state === 'dead' || delivery.state === 'cancelled') && !isTest(delivery);
  return needsPerson
    ? { owedTo: attentionOf(delivery.endpointId), dueAt: now }
    : { owedTo: null, dueAt: null };
}

function postponing(moment: Date, now: Date): DeliveryChange {
  const byMessage = moment.getTime() - now.getTime() <= LONGEST_DELAY_MS;
  return {
    reason: null,
    nextAttemptAt: moment,
    dueAt: byMessage ? after(moment, MESSAGE_LOST_AFTER_MS) : moment,
    leaseId: null,
    leaseUntil: null,
  };
}

/** The delivery as it is after a change. */
export function changed(delivery: Delivery, change: DeliveryChange): Delivery {
  const entries = Object.entries({ ...delivery, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as unknown as Delivery;
}

/** The message that wakes a pending delivery, if it is to be attempted soon enough for one. */
export function wakeUp(delivery: Delivery, now: Date): DeliveryMessage[] {
  const { orderKey, eventId, endpointId, nextAttemptAt } = delivery;
  if (isSettled(delivery) || nextAttemptAt === undefined) return [];
  const delayMs = nextAttemptAt.getTime() - now.getTime();
  if (delayMs > LONGEST_DELAY_MS) return [];
  // Who has a slot comes a little early and sleeps what is left; a little late, and the slot would be missed.
  const seconds = delivery.slotAt === undefined ? Math.ceil(delayMs / 1000) : Math.floor(delayMs / 1000);
  return [{ orderKey, eventId, endpointId, delaySeconds: Math.max(0, seconds) }];
}
