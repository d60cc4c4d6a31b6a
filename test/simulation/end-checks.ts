/** The checks that run once everything is settled. */
import type { Delivery } from '../../lib/relay/model/delivery.ts';
import type { DeliveryState } from '../../lib/relay/model/delivery-state.ts';
import type { EndpointId, EventId } from '../../lib/relay/model/ids.ts';
import { checkAttention, checkCancelled, mayHaveCancelled } from './attention-checks.ts';
import { ENDPOINT_IDS, NEWCOMER } from './endpoints.ts';
import { checkFairness } from './fairness.ts';
import { refuses } from './filter.ts';
import type { Webhook } from './hub.ts';
import { inForce } from './in-force.ts';
import { checkOrder, type OrderEnd } from './order-checks.ts';
import { ENDPOINTS_STALE_BY_AT_MOST_MS } from './ports.ts';
import { checkIdsInOrder, isAccepted } from './real-order.ts';
import { checkRequests } from './request-checks.ts';
import { orderKey, type RunWorld } from './run-world.ts';
import { checkNoAttemptUsed } from './wait-checks.ts';

/** A cache lasts ten seconds, and slow calls take as long again. */
const KNOWN_WITHIN_MS = 20_000;
const DENIALS = [401, 403];
const CLOCKS_DIFFER_MS = 2_500;
const SWEPT_WITHIN_MS = 3 * 60_000;

export async function checkAtEnd(world: RunWorld): Promise<void> {
  for (const orderId of world.hub.orderIds) {
    for (const endpointId of ENDPOINT_IDS) {
      const end = await endOf(world, orderId, endpointId as EndpointId);
      checkNothingLost(end, world);
      if (!world.areClocksFarApart) checkOrder(end, world);
    }
  }
  await checkAttention(world);
  await checkCaughtUp(world);
  await checkNoAttemptUsed(world);
  if (world.areClocksFarApart) return;
  checkIdsInOrder(world);
  checkRequests(world);
  checkFairness(world);
}

/** Without failing calls, an endpoint has caught up at the next sweep after everything is settled. */
async function checkCaughtUp({ weather, configTable, operator, scheduler, fail }: RunWorld): Promise<void> {
  if (weather === 'rough') return;
  for (const { id, attributes } of await configTable.rows('health')) {
    const sinceMs = Date.parse(String(attributes.recoveredAt ?? ''));
    if (sinceMs < scheduler.nowMs - SWEPT_WITHIN_MS && !operator.wasAway.has(id))
      fail(`${id} is still catching up, though nothing waits`);
  }
}

async function endOf(world: RunWorld, orderId: string, endpointId: EndpointId): Promise<OrderEnd> {
  const { eventLog, hub, receivers, fail } = world;
  const events = (await Array.fromAsync(eventLog.eventsNewestFirst(orderKey(orderId)))).reverse();
  const rows = (await eventLog.deliveries(orderKey(orderId))).filter((row) => row.endpointId === endpointId);
  const states = new Map<EventId, DeliveryState | undefined>();
  for (const event of events) {
    const state = event.outcomes?.[endpointId]?.state;
    states.set(event.eventId, state);
    if (state === 'cancelled') checkCancelled(endpointId, event.eventId, world);
    const row = rows.find(({ eventId }) => eventId === event.eventId);
    // Fan-out alone writes an event's first outcomes: one that it gave up has none.
    if (row && row.state !== state && !(state === undefined && isGivenUp(event.eventId, world)))
      fail(`${event.eventId}: row ${row.state}, outcome ${state} for ${endpointId}`);
  }
  const sent = receivers.sent.filter((each) => each.endpointId === endpointId && each.orderId === orderId);
  const webhooks = hub.webhooks.filter((webhook) => webhook.orderId === orderId);
  return { endpointId, orderId, events, rows, states, sent, webhooks };
}

function checkNothingLost(end: OrderEnd, world: RunWorld): void {
  const { endpointId, states, sent, webhooks } = end;
  for (const webhook of webhooks.filter(isAccepted)) {
    const { eventId } = webhook.accepted;
    if (isPastRetention(webhook, world)) continue;
    if (isExplained(webhook, eventId, end, world)) continue;
    const state = states.get(eventId) ?? (isGivenUp(eventId, world) ? 'given up by fan-out' : 'lost');
    world.fail(`${eventId} was accepted and is ${state} for ${endpointId}`);
  }
  for (const [eventId, state] of states) {
    if (state !== 'delivered') continue;
    const acknowledged = sent.some((each) => each.eventId === eventId && each.acknowledgedAtMs !== undefined);
    if (!acknowledged) world.fail(`${eventId} is called delivered, but ${endpointId} never acknowledged it`);
  }
}

function isPastRetention({ sentAtMs }: Webhook, { retentionMs, scheduler }: RunWorld): boolean {
  return sentAtMs + retentionMs <= scheduler.nowMs;
}

/** True when an accepted event was delivered, or its state says why not and may say so. */
function isExplained(webhook: Webhook, eventId: EventId, end: OrderEnd, world: RunWorld): boolean {
  const { endpointId, states } = end;
  const { scheduler, filter } = world;
  const during = (setting: string) => [
    ...inForce(world, endpointId, setting, webhook.sentAtMs, scheduler.nowMs),
  ];
  const state = states.get(eventId);
  const isSnapshot = webhook.says !== 0;
  const orderings = during('ordering');
  const isRefused = during('filter').map((each) => refuses(each, webhook.says) && !filter.fails(eventId));
  switch (state) {
    case 'delivered':
      return isRefused.includes(false) && (isSnapshot || orderings.some((each) => each !== 'latest'));
    case 'skipped':
      if (!isSnapshot && orderings.includes('latest')) return true;
      return isRefused.includes(true) || (endpointId === 'tally' && isRepeated(eventId, webhook.says, end));
    case 'superseded':
      return orderings.includes('latest');
    case 'cancelled':
      return mayHaveCancelled(endpointId, world);
    case 'dead':
      return mayBeDead(eventId, end, world);
    case 'pending':
    case 'leased':
      return false;
    case undefined:
      return (
        isListedForPerson(eventId, world) ||
        (states.has(eventId) && world.operator.wasAway.has(endpointId)) ||
        mayNotBeKnown(webhook, endpointId, world)
      );
  }
}

/** Functions cache a config that may have been stale when they read it. */
function mayNotBeKnown({ sentAtMs }: Webhook, endpointId: string, { faults, hub }: RunWorld): boolean {
  if (endpointId !== NEWCOMER || faults.countOf('endpoint added just now') === 0) return false;
  return sentAtMs < hub.startedAtMs + ENDPOINTS_STALE_BY_AT_MOST_MS + KNOWN_WITHIN_MS;
}

/** Its attempts are used up, its payload cannot be read, or a `strict` endpoint has refused it. */
function mayBeDead(eventId: EventId, { rows, endpointId }: OrderEnd, world: RunWorld): boolean {
  const row = rows.find((each) => each.eventId === eventId);
  if (row === undefined) return false;
  if (world.poison.isForEver(eventId) || isRefused(row, world)) return true;
  const limits = inForce(world, endpointId, 'maxAttempts', 0, world.scheduler.nowMs);
  // The three days for waits were over while the clocks were a year ahead.
  if (world.didClocksJump && (row.deferralCount ?? 0) > 0) return true;
  return row.attemptCount >= Math.min(...[...limits].map(Number));
}

function isRefused({ attempts, endpointId }: Delivery, { receivers }: RunWorld): boolean {
  const status = attempts.at(-1)?.status ?? 0;
  if (status < 400 || status >= 500 || attempts.length < 3) return false;
  const denied = attempts.find((made) => DENIALS.includes(made.status ?? 0));
  if (denied === undefined || !DENIALS.includes(status)) return true;
  // Wrong credentials lose no event: the endpoint accepted another one since.
  return receivers.sent.some(
    (sent) =>
      sent.endpointId === endpointId &&
      sent.acknowledgedAtMs !== undefined &&
      sent.startedAtMs > denied.at.getTime() - CLOCKS_DIFFER_MS,
  );
}

/** An event that fan-out gave up because its payload cannot be read, or whose message went to the dead-letter queue. */
function isListedForPerson(eventId: EventId, world: RunWorld): boolean {
  const isDeadLetter = world.events.deadLetters.some((message) => message.eventId === eventId);
  return isDeadLetter || (world.poison.isForEver(eventId) && isGivenUp(eventId, world));
}

function isGivenUp(eventId: EventId, { eventLog }: RunWorld): boolean {
  return eventLog.allOwed().some((item) => item.owedTo === 'attention#fan-out' && item.eventId === eventId);
}

/** True when another one says the same and came before it; or may have, for it was not answered. */
function isRepeated(eventId: EventId, says: number, { webhooks }: OrderEnd): boolean {
  if (says === 0) return false;
  return webhooks.some(
    (other) => other.says === says && (other.accepted === undefined || other.accepted.eventId < eventId),
  );
}
