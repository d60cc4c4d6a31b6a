/** Checks the requests of one order to one endpoint, and their sequence. */

import type { Delivery } from '../../lib/relay/model/delivery.ts';
import { isSettled } from '../../lib/relay/model/delivery.ts';
import type { DeliveryState } from '../../lib/relay/model/delivery-state.ts';
import { type EventRecord, lacksSnapshot } from '../../lib/relay/model/event.ts';
import type { EndpointId, EventId } from '../../lib/relay/model/ids.ts';
import type { Webhook } from './hub.ts';
import { orderingOf } from './in-force.ts';
import { isAccepted, isOlder, mayIdsContradict } from './real-order.ts';
import type { Sent } from './receivers.ts';
import { isReplayed, type RunWorld, wasQuarantined } from './run-world.ts';

/** The end of one order at one endpoint. */
export interface OrderEnd {
  readonly endpointId: EndpointId;
  readonly orderId: string;
  readonly events: readonly EventRecord[];
  readonly rows: readonly Delivery[];
  readonly states: ReadonlyMap<EventId, DeliveryState | undefined>;
  readonly sent: readonly Sent[];
  readonly webhooks: readonly Webhook[];
}

const CLOCKS_DIFFER_MS = 2_500;

/** An endpoint that was disabled or removed may have missed anything; and rows that have expired tell nothing. */
export function checkOrder(end: OrderEnd, world: RunWorld): void {
  if (world.operator.wasAway.has(end.endpointId) || world.faults.countOf('rows expire soon') > 0) return;
  if (end.endpointId === 'tally') checkEndsOnWhatIsSaid(end, world);
  else checkEndsOnNewest(end, world);
  checkStrict(end, world);
  checkLateIsSaid(end, world);
}

/**
 * A `strict` delivery that was first sent after a newer event of its order was fanned out and acknowledged says so. Exempt
 * are events whose fan-out was repeated: an earlier run may have sent a newer one and died.
 */
function checkLateIsSaid({ endpointId, sent, events }: OrderEnd, world: RunWorld): void {
  for (const { eventId, outcomes, fannedOutAt, fanOutAttempts } of events) {
    const first = sent.find((each) => each.eventId === eventId);
    if (first === undefined || fannedOutAt === undefined || fanOutAttempts !== undefined) continue;
    if (orderingOf(world, endpointId, eventId) !== 'strict') continue;
    const wasFannedOut = (id: EventId) =>
      events.some((each) => each.eventId === id && each.fannedOutAt && each.fannedOutAt < fannedOutAt);
    const isOvertaken = sent.some(
      ({ eventId: other, acknowledgedAtMs = Number.POSITIVE_INFINITY }) =>
        other > eventId && acknowledgedAtMs < first.startedAtMs && wasFannedOut(other),
    );
    const { late, replayed } = outcomes?.[endpointId] ?? { late: true };
    const isSaid = late || replayed;
    if (isOvertaken && !isSaid)
      world.fail(`${eventId} came late to ${endpointId}, and its outcome does not say so`);
  }
}

/** `latest` ends on the newest, unless that one needs a person. */
function checkEndsOnNewest(end: OrderEnd, world: RunWorld): void {
  const { states, sent, endpointId, webhooks } = end;
  // An event that the filter refuses takes nothing's place.
  const [newest, state] = [...states].filter(([, each]) => each !== 'skipped').at(-1) ?? [];
  if (newest === undefined || state === 'dead' || state === 'cancelled' || state === undefined) return;
  if (orderingOf(world, endpointId, newest) !== 'latest') return;
  const last = lastAcknowledged(sent)?.eventId;
  if (last !== newest) world.fail(`${endpointId} ends on ${last}, the newest is ${newest}`);
  const accepted = webhooks.filter(isAccepted);
  const ended = accepted.find((webhook) => webhook.accepted.eventId === last);
  for (const webhook of accepted) {
    const { eventId } = webhook.accepted;
    // An event in the dead-letter queue alone is listed for a person, and no part of the order yet.
    if (ended === undefined || !states.has(eventId) || states.get(eventId) === 'skipped') continue;
    if (isOlder(ended, webhook) && !mayIdsContradict(ended, webhook))
      world.fail(`${endpointId} ends on ${last}, but ${eventId} is newer in real time`);
  }
}

/** An endpoint that leaves out unchanged events ends on what the newest says, be it by an earlier event. */
function checkEndsOnWhatIsSaid({ states, sent, webhooks, events }: OrderEnd, { fail }: RunWorld): void {
  const snapshots = new Set(events.filter((event) => !lacksSnapshot(event)).map(({ eventId }) => eventId));
  const [newestId, state] = [...states].filter(([id]) => snapshots.has(id)).at(-1) ?? [];
  if (state === 'dead' || state === 'cancelled' || state === undefined) return;
  const saidBy = (id: EventId | undefined) => webhooks.find(({ accepted }) => accepted?.eventId === id)?.says;
  const newest = saidBy(newestId);
  const last = saidBy(lastAcknowledged(sent.filter(({ eventId }) => snapshots.has(eventId)))?.eventId);
  // Of a webhook that was not answered, nobody knows what the relay made of it.
  if (newest !== undefined && last !== undefined && newest !== last)
    fail(`tally ends on what says ${last}, the newest says ${newest}`);
}

function lastAcknowledged(sent: readonly Sent[]): Sent | undefined {
  const acknowledgedAt = ({ acknowledgedAtMs = 0 }: Sent) => acknowledgedAtMs;
  const acknowledged = sent.filter(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined);
  return acknowledged.toSorted((a, b) => acknowledgedAt(a) - acknowledgedAt(b)).at(-1);
}

/**
 * Of two webhooks, one sent after the other was answered, `strict` never starts the later before the earlier is
 * acknowledged or dead. Exempt is an earlier one that was quarantined, skipped, replayed, or accepted by the queue alone.
 */
function checkStrict(end: OrderEnd, world: RunWorld): void {
  const { endpointId, sent, states, events, webhooks } = end;
  const accepted = webhooks.filter(isAccepted);
  const quarantined = new Set(events.filter(wasQuarantined).map(({ eventId }) => eventId));
  for (const later of accepted) {
    const started = sent.find((each) => each.eventId === later.accepted.eventId);
    if (started === undefined) continue;
    for (const earlier of accepted) {
      const { eventId, byQueue } = earlier.accepted;
      if (!isOlder(earlier, later) || byQueue || quarantined.has(eventId)) continue;
      if (eventId > later.accepted.eventId && mayIdsContradict(earlier, later)) continue;
      if (orderingOf(world, endpointId, eventId) !== 'strict') continue;
      if (states.get(eventId) === 'skipped' || isReplayed(world, endpointId, eventId)) continue;
      if (!isFinished(eventId, started.startedAtMs, end))
        world.fail(`strict: ${later.accepted.eventId} started before ${eventId} was finished`);
    }
  }
}

function isFinished(eventId: EventId, atMs: number, { sent, rows }: OrderEnd): boolean {
  const row = rows.find((each) => each.eventId === eventId);
  const settledAtMs = row && isSettled(row) ? row.settledAt.getTime() : Number.POSITIVE_INFINITY;
  if (row?.state === 'dead' && settledAtMs <= atMs + CLOCKS_DIFFER_MS) return true;
  return sent.some(
    (each) => each.eventId === eventId && (each.acknowledgedAtMs ?? Number.POSITIVE_INFINITY) <= atMs,
  );
}
