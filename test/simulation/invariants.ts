/** What must hold in every run, at every send and at the end. */
import type { DeliveryState } from '../../lib/relay/delivery.ts';
import type { EventRecord } from '../../lib/relay/event.ts';
import type { EndpointId, EventId, OrderKey } from '../../lib/relay/ids.ts';
import { stateOf } from '../../lib/relay/outcome.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import { FILTERED, ORDERINGS } from './endpoints.ts';
import type { Faults } from './faults.ts';
import { type Filter, refuses } from './filter.ts';
import type { Operator } from './operator.ts';
import type { Receivers, Sent } from './receivers.ts';

export interface Webhook {
  readonly orderId: string;
  /** Its place in what the Hub sent of the order, from one. */
  readonly number: number;
  /** The number that its body holds: that of an earlier one, when nothing has changed since. */
  readonly says: number;
  readonly sentAtMs: number;
  /** Absent when it was not answered 2xx. */
  accepted?: {
    readonly eventId: EventId;
    readonly atMs: number;
    /** The table refused it: until fan-out has stored it, nobody who reads the order sees it. */
    readonly byQueue: boolean;
  };
}

type Fail = (text: string) => void;

const orderingOf = (endpointId: string) => ORDERINGS[endpointId as keyof typeof ORDERINGS];

/** What must hold whenever something is sent. */
export async function checkSend(
  sent: Sent,
  before: readonly Sent[],
  eventLog: MemoryEventLog,
  fail: Fail,
): Promise<void> {
  checkNotTwiceAtOnce(sent, before, fail);
  checkNotBeside(sent, before, fail);
  await checkNotStale(sent, before, eventLog, fail);
  await checkNotSettled(sent, eventLog, fail);
}

/** `latest` never has two snapshots of an order in flight: the older might arrive last. */
function checkNotBeside(sent: Sent, before: readonly Sent[], fail: Fail): void {
  if (orderingOf(sent.endpointId) !== 'latest') return;
  const other = before.find(
    (each) =>
      each.inFlight &&
      each.process.alive &&
      each.endpointId === sent.endpointId &&
      each.orderId === sent.orderId &&
      each.eventId !== sent.eventId,
  );
  if (other) fail(`${sent.endpointId} was sent ${sent.eventId} while ${other.eventId} was in flight`);
}

/** Two never send the same to the same endpoint at the same time, be it that one of them has died. */
function checkNotTwiceAtOnce(sent: Sent, before: readonly Sent[], fail: Fail): void {
  const other = before.find(
    (each) =>
      each.inFlight &&
      each.process.alive &&
      each.endpointId === sent.endpointId &&
      each.eventId === sent.eventId,
  );
  if (other) fail(`${sent.eventId} is being sent to ${sent.endpointId} twice at once`);
}

/** What is settled is not sent again, but when somebody asks for it, and then it is settled no more. */
async function checkNotSettled(sent: Sent, eventLog: MemoryEventLog, fail: Fail): Promise<void> {
  const rows = await eventLog.deliveries(`main/${sent.orderId}` as OrderKey);
  const row = rows.find(
    ({ eventId, endpointId }) => eventId === sent.eventId && endpointId === sent.endpointId,
  );
  if (row && row.state !== 'pending')
    fail(`${sent.eventId} was sent to ${sent.endpointId}, though ${row.state}`);
}

/** `latest` never starts an older snapshot after a newer one was acknowledged. */
async function checkNotStale(
  sent: Sent,
  before: readonly Sent[],
  eventLog: MemoryEventLog,
  fail: Fail,
): Promise<void> {
  if (orderingOf(sent.endpointId) !== 'latest') return;
  const newer = before.filter(
    (other) =>
      other.endpointId === sent.endpointId &&
      other.orderId === sent.orderId &&
      other.eventId > sent.eventId &&
      other.acknowledgedAtMs !== undefined,
  );
  for (const { eventId } of newer) {
    const event = await eventLog.event({ orderKey: `main/${sent.orderId}` as OrderKey, eventId });
    // Fan-out died before it could write down that the endpoint had it, and found the endpoint gone when it went on.
    const isForgotten =
      event?.fannedOutAt !== undefined && event.outcomes?.[sent.endpointId as EndpointId] === undefined;
    if (isForgotten) continue;
    fail(`${sent.endpointId} was sent ${sent.eventId} after it had acknowledged ${eventId}`);
  }
}

export interface EndState {
  readonly webhooks: readonly Webhook[];
  readonly eventLog: MemoryEventLog;
  readonly receivers: Receivers;
  readonly faults: Faults;
  readonly filter: Filter;
  readonly operator: Operator;
  readonly fail: Fail;
}

export async function checkAtEnd(end: EndState): Promise<void> {
  checkIdsInOrder(end);
  for (const orderId of new Set(end.webhooks.map((webhook) => webhook.orderId))) {
    for (const endpointId of Object.keys(ORDERINGS))
      await checkEndpoint(end, orderId, endpointId as EndpointId);
  }
  if (end.faults.total === 0 && end.operator.replays === 0) checkNoDuplicates(end);
}

/** A webhook sent after an earlier one was answered has the greater id; without faults, for then it could be read. */
function checkIdsInOrder({ webhooks, faults, fail }: EndState): void {
  if (faults.counts.has('call failed') || faults.counts.has('call took seconds')) return;
  if (faults.counts.has('call failed after it acted')) return;
  for (const later of webhooks) {
    for (const earlier of webhooks) {
      if (earlier.orderId !== later.orderId || !earlier.accepted || !later.accepted) continue;
      if (earlier.accepted.atMs > later.sentAtMs || earlier.accepted.byQueue) continue;
      if (earlier.accepted.eventId >= later.accepted.eventId) {
        fail(`${later.accepted.eventId} came after ${earlier.accepted.eventId} was answered`);
      }
    }
  }
}

async function checkEndpoint(end: EndState, orderId: string, endpointId: EndpointId): Promise<void> {
  const { eventLog, webhooks, receivers, operator, fail } = end;
  const wasAway = operator.wasAway.has(endpointId);
  const orderKey = `main/${orderId}` as OrderKey;
  const events = (await Array.fromAsync(eventLog.eventsNewestFirst(orderKey))).reverse();
  const rows = (await eventLog.deliveries(orderKey)).filter((row) => row.endpointId === endpointId);
  const states = new Map<EventId, DeliveryState | undefined>();
  for (const event of events) {
    const state = stateOf(event.outcomes?.[endpointId]);
    states.set(event.eventId, state);
    const row = rows.find(({ eventId }) => eventId === event.eventId);
    if (row && row.state !== state)
      fail(`${event.eventId}: row ${row.state}, outcome ${state} for ${endpointId}`);
  }
  const ofOrder = webhooks.filter((webhook) => webhook.orderId === orderId);
  for (const { accepted, says } of ofOrder) {
    if (accepted === undefined) continue;
    const isRefused = FILTERED.has(endpointId) && refuses(says) && !end.filter.fails(accepted.eventId);
    const state = states.get(accepted.eventId);
    const isFine =
      state === (isRefused ? 'skipped' : 'delivered') ||
      (state === 'skipped' && endpointId === 'tally' && isRepeated(accepted.eventId, says, ofOrder)) ||
      (state === 'superseded' && orderingOf(endpointId) === 'latest') ||
      (wasAway && (state === 'cancelled' || (state === undefined && states.has(accepted.eventId))));
    if (!isFine) fail(`${accepted.eventId} was accepted and is ${state ?? 'lost'} for ${endpointId}`);
  }
  const sent = receivers.sent.filter((each) => each.endpointId === endpointId && each.orderId === orderId);
  checkDelivered(states, sent, endpointId, fail);
  if (endpointId === 'tally' && !wasAway) checkEndsOnWhatIsSaid(states, sent, ofOrder, fail);
  else if (orderingOf(endpointId) === 'latest' && !wasAway) checkEndsOnNewest(states, sent, endpointId, fail);
  if (orderingOf(endpointId) === 'strict' && !wasAway)
    checkInOrder(end, orderId, sent, setAside(events), skippedOf(states));
}

function checkDelivered(
  states: Map<EventId, DeliveryState | undefined>,
  sent: readonly Sent[],
  id: string,
  fail: Fail,
): void {
  for (const [eventId, state] of states) {
    if (state !== 'delivered') continue;
    const acknowledged = sent.some((each) => each.eventId === eventId && each.acknowledgedAtMs !== undefined);
    if (!acknowledged) fail(`${eventId} is called delivered, but ${id} never acknowledged it`);
  }
}

function checkEndsOnNewest(
  states: Map<EventId, DeliveryState | undefined>,
  sent: readonly Sent[],
  id: string,
  fail: Fail,
): void {
  // What its filter refuses takes nothing's place: the newest of the others is what it ends on.
  const newest = [...states].filter(([, state]) => state !== 'skipped').at(-1)?.[0];
  const last = lastAcknowledged(sent);
  if (last?.eventId !== newest) fail(`${id} ends on ${last?.eventId}, the newest is ${newest}`);
}

/** True when another one says the same and came before it; or may have, for it was not answered. */
function isRepeated(eventId: EventId, says: number, ofOrder: readonly Webhook[]): boolean {
  return ofOrder.some(
    (other) => other.says === says && (other.accepted === undefined || other.accepted.eventId < eventId),
  );
}

/** Who leaves out what is unchanged ends on what the newest says, be it by an earlier event. */
function checkEndsOnWhatIsSaid(
  states: Map<EventId, DeliveryState | undefined>,
  sent: readonly Sent[],
  ofOrder: readonly Webhook[],
  fail: Fail,
): void {
  const saidBy = (id: EventId | undefined) => ofOrder.find(({ accepted }) => accepted?.eventId === id)?.says;
  const newest = saidBy([...states.keys()].at(-1));
  const last = saidBy(lastAcknowledged(sent)?.eventId);
  // Of a webhook that was not answered, nobody knows what the relay made of it.
  if (newest !== undefined && last !== undefined && newest !== last)
    fail(`tally ends on what says ${last}, the newest says ${newest}`);
}

function lastAcknowledged(sent: readonly Sent[]): Sent | undefined {
  const acknowledgedAt = ({ acknowledgedAtMs = 0 }: Sent) => acknowledgedAtMs;
  return sent.toSorted((a, b) => acknowledgedAt(a) - acknowledgedAt(b)).at(-1);
}

/** Of two webhooks, one sent after the other was answered, the later never starts before the earlier is acknowledged. */
function checkInOrder(
  { webhooks, fail }: EndState,
  orderId: string,
  sent: readonly Sent[],
  setAside: ReadonlySet<EventId>,
  skipped: ReadonlySet<EventId>,
): void {
  const accepted = webhooks.filter(
    (webhook) => webhook.orderId === orderId && webhook.accepted !== undefined,
  );
  for (const later of accepted) {
    const started = sent.find((each) => each.eventId === later.accepted?.eventId);
    for (const earlier of accepted) {
      if (!earlier.accepted || !later.accepted || !started || earlier.accepted.atMs > later.sentAtMs)
        continue;
      // The clock alone made the ids, because the order could not be read; or it came to the table late.
      if (earlier.accepted.eventId > later.accepted.eventId || earlier.accepted.byQueue) continue;
      if (setAside.has(earlier.accepted.eventId) || skipped.has(earlier.accepted.eventId)) continue;
      const acknowledged = sent.find(
        (each) => each.eventId === earlier.accepted?.eventId && each.acknowledgedAtMs,
      );
      if (acknowledged === undefined || (acknowledged.acknowledgedAtMs ?? 0) > started.startedAtMs) {
        fail(`strict: ${later.accepted.eventId} started before ${earlier.accepted.eventId} was acknowledged`);
      }
    }
  }
}

function skippedOf(states: ReadonlyMap<EventId, DeliveryState | undefined>): Set<EventId> {
  return new Set([...states].flatMap(([eventId, state]) => (state === 'skipped' ? [eventId] : [])));
}

/** Their fan-out failed so often that their order went on without them. */
function setAside(events: readonly EventRecord[]): Set<EventId> {
  return new Set(events.filter(({ fanOutTries = 0 }) => fanOutTries >= 5).map(({ eventId }) => eventId));
}

function checkNoDuplicates({ receivers, fail }: EndState): void {
  const seen = new Set<string>();
  for (const { endpointId, eventId } of receivers.sent) {
    const key = `${endpointId} ${eventId}`;
    if (seen.has(key)) fail(`${eventId} was sent twice to ${endpointId} without a fault`);
    seen.add(key);
  }
}
