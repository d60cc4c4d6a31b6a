/** Random calls of the EventLog port. Few orders, events, endpoints and moments, so that they collide. */

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../lib/relay/model/delivery.ts';
import { attentionOf, type Delivery, type DeliveryKey } from '../../lib/relay/model/delivery.ts';
import type { EventKey, EventRecord, Outcomes, Payload } from '../../lib/relay/model/event.ts';
import { eventIdOf, type OrderKey, orderKeyOf, shardOf, sourceOf, TESTS } from '../../lib/relay/model/ids.ts';
import type {
  DeliveryChange,
  EventLog,
  EventsOptions,
  FanOutAttempt,
  OwedItem,
} from '../../lib/relay/ports/event-log.ts';
import { MemoryClock } from '../memory/clock.ts';
import { aDelivery, anEndpointId, anEvent, anOrderKey, aPayload } from './builders.ts';
import { type Call, plainCall, spelled } from './call-sequences.ts';
import { DAY_MS, type EventLogSubject, MINUTE_MS } from './event-log-subject.ts';

type EventLogCall = Call<EventLogSubject>;
type Outcome = Outcomes[keyof Outcomes];

const START = new MemoryClock().now();
const FAR_FUTURE = later(START, 10_000 * DAY_MS);
const ORDERS = [anOrderKey('A'), anOrderKey('B'), orderKeyOf(TESTS, 'C')] as const;
/** Orders share event ids. Two are of the same millisecond, and one is of the day before. */
const EVENT_IDS = [
  eventIdOf(later(START, -DAY_MS), 'first'),
  eventIdOf(START, 'second'),
  eventIdOf(START, 'third'),
] as const;
const ENDPOINTS = [anEndpointId('erp'), anEndpointId('crm'), anEndpointId('ünï code')] as const;
const LEASES = ['lease-1', 'lease-2'];
const OUTCOMES: readonly Outcome[] = [
  { state: 'pending' },
  { state: 'delivered', status: 200, durationMs: 143 },
  { state: 'delivered', status: 200, durationMs: 143, late: true },
  { state: 'dead', error: 'timeout after 10 s', attempt: 10 },
];
const LISTS = [
  ...new Set(EVENT_IDS.map((id) => `fan-out#${shardOf(id)}`)),
  'attention#fan-out',
  ...ENDPOINTS,
  attentionOf(anEndpointId('erp')),
];
/** Its compressed form passes DynamoDB's limit too: chance does not compress. */
const TOO_LARGE = aPayload(randomBytes(500 * 1024));
const PAYLOADS = [
  aPayload(),
  aPayload('{"Id":"2"}', 'application/json'),
  aPayload(''),
  aPayload(new Uint8Array([0xff, 0])),
  TOO_LARGE,
];

/** The first one comes most often, so that the calls of a sequence meet at the same rows. */
const mostlyFirst = <Value>([first, ...rest]: readonly [Value, ...Value[]]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(first, ...rest) },
  );
const orders = mostlyFirst(ORDERS);
const eventIds = mostlyFirst(EVENT_IDS);
const endpoints = mostlyFirst(ENDPOINTS);
const lists = fc.constantFrom(...LISTS);
const minutes = fc.constantFrom(0, 1, 2, 60);
const moments = minutes.map((count) => later(START, count * MINUTE_MS));
const eventKeys: fc.Arbitrary<EventKey> = fc.record({
  orderKey: orders,
  eventId: eventIds,
});
const deliveryKeys: fc.Arbitrary<DeliveryKey> = fc.record({
  orderKey: orders,
  eventId: eventIds,
  endpointId: endpoints,
});
const states = fc.constantFrom('pending', 'leased', 'leased', 'delivered', 'dead');
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const asReadOr = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant('as read' as const) }, { weight: 1, arbitrary });
const outcomes: fc.Arbitrary<Outcomes> = fc.dictionary(endpoints, fc.constantFrom(...OUTCOMES), {
  maxKeys: 2,
  noNullPrototype: true,
});
const items = fc.constantFrom(
  [],
  [{ sku: 'MUG-11', status: 'New' }],
  [{}, { product: 'Mug', trackingNumber: '1Z' }],
);
const changes = fc.constantFrom([], [{ change: 'added' as const, sku: 'MUG-11', statusTo: 'New' }]);

export const eventLogCalls: fc.Arbitrary<EventLogCall> = fc.oneof(
  weighted(1, orders.map(newestEventId)),
  weighted(3, fc.tuple(eventKeys, payloads()).map(putPayload)),
  weighted(6, fc.tuple(events(), moments).map(putEvent)),
  weighted(
    2,
    fc
      .tuple(
        orders,
        fc.record({ oldest: fc.constantFrom(...EVENT_IDS), outline: fc.boolean() }, { requiredKeys: [] }),
      )
      .map(eventsNewestFirst),
  ),
  weighted(2, eventKeys.map(event)),
  weighted(2, eventKeys.map(payload)),
  weighted(1, orders.map(deliveries)),
  weighted(6, delivery().map(putDeliveryIfAbsent)),
  weighted(8, updatesOfDelivery()),
  weighted(4, fc.tuple(eventKeys, changes, outcomes, moments).map(finishFanOut)),
  weighted(4, fanOutAttempts()),
  weighted(6, recordedOutcomes()),
  weighted(4, fc.tuple(lists, dueBefores(), fc.constantFrom(1, 2, 3, 100), optional(moments)).map(owed)),
  weighted(1, fc.constantFrom(-2 * DAY_MS, -DAY_MS, -1, 0, 1).map(newestWebhook)),
  weighted(5, postponements()),
  weighted(1, fc.tuple(orders, orders).map(putAlias)),
  weighted(1, orders.map(aliasesOf)),
  weighted(2, eventKeys.map(erasePayload)),
  weighted(2, eventKeys.map(noteForgotten)),
  weighted(2, clockMoves()),
);

export const eventLogFinalReads: readonly EventLogCall[] = [
  ...ORDERS.flatMap((order) => [
    newestEventId(order),
    eventsNewestFirst([order]),
    deliveries(order),
    aliasesOf(order),
  ]),
  ...ORDERS.flatMap((orderKey) => EVENT_IDS.map((eventId) => payload({ orderKey, eventId }))),
  ...LISTS.flatMap((list) => [
    owed([list, FAR_FUTURE, 100, undefined]),
    owed([list, later(START, MINUTE_MS), 100, undefined]),
    owed([list, FAR_FUTURE, 1, later(START, 2 * MINUTE_MS)]),
  ]),
];

function weighted(weight: number, arbitrary: fc.Arbitrary<EventLogCall>) {
  return { weight, arbitrary };
}

function onLog(text: string, run: (eventLog: EventLog) => Promise<unknown>): EventLogCall {
  return plainCall(text, ({ eventLog }) => run(eventLog));
}

/** A call with an argument that is read from the reference, or given. */
function onLogAsRead<Argument>(
  text: string,
  read: (eventLog: EventLog) => Promise<Argument>,
  run: (eventLog: EventLog, argument: Argument) => Promise<unknown>,
): EventLogCall {
  return {
    text,
    async prepare({ eventLog }) {
      const argument = await read(eventLog);
      return (subject) => run(subject.eventLog, argument);
    },
  };
}

function newestEventId(orderKey: EventRecord['orderKey']): EventLogCall {
  return onLog(`newestEventId(${orderKey})`, (log) => log.newestEventId(orderKey));
}

/** One in twelve is too large. */
function payloads(): fc.Arbitrary<Payload> {
  const [first = aPayload(), ...rest] = PAYLOADS;
  const fitting = fc.constantFrom(first, ...rest.filter((one) => one !== TOO_LARGE));
  return fc.oneof({ weight: 11, arbitrary: fitting }, { weight: 1, arbitrary: fc.constant(TOO_LARGE) });
}

function putPayload([key, value]: [EventKey, Payload]): EventLogCall {
  return onLog(`putPayload(${nameOf(key)}, ${spelled(value)})`, (log) => log.putPayload(key, value));
}

function events(): fc.Arbitrary<EventRecord> {
  const parts = fc.record(
    {
      orderId: fc.constant('A'),
      niceId: fc.constant('Magic7-501'),
      receivedAt: moments,
      endpointId: endpoints,
      items,
      itemsOmitted: fc.constant(3),
      fannedOutAt: fc.constant(START),
      fanOutAttempts: fc.constantFrom(1, 2),
      outcomes,
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  return fc
    .tuple(eventKeys, parts)
    .map(([key, given]) => anEvent({ source: sourceOf(key.orderKey), ...given, ...key }));
}

function putEvent([record, dueAt]: [EventRecord, Date]): EventLogCall {
  return onLog(`putEvent(${nameOf(record)} ${partsOf(record)}, due ${moment(dueAt)})`, (log) =>
    log.putEvent(record, dueAt),
  );
}

function eventsNewestFirst([orderKey, options]: readonly [OrderKey, EventsOptions?]): EventLogCall {
  return onLog(`eventsNewestFirst(${orderKey}, ${JSON.stringify(options)})`, (log) =>
    Array.fromAsync(log.eventsNewestFirst(orderKey, options)),
  );
}

function event(key: EventKey): EventLogCall {
  return onLog(`event(${nameOf(key)})`, (log) => log.event(key));
}

function payload(key: EventKey): EventLogCall {
  return onLog(`payload(${nameOf(key)})`, (log) => log.payload(key));
}

/** The port promises the order of the events, and none among the deliveries of one. */
function deliveries(orderKey: EventRecord['orderKey']): EventLogCall {
  return onLog(`deliveries(${orderKey})`, async (log) => {
    const rows = await log.deliveries(orderKey);
    return { eventIds: rows.map(({ eventId }) => eventId), rows: rows.map(spelled).sort() };
  });
}

/** The attributes of a delivery besides its key and state. */
function deliveryParts() {
  return {
    reason: fc.constantFrom('retry', 'endpoint-paused'),
    attempts: fc.constantFrom([], [{ at: START, durationMs: 10.5, status: 503, retryAfterSeconds: 120 }]),
    attemptCount: fc.constantFrom(0, 12),
    nextAttemptAt: moments,
    leaseId: fc.constantFrom(...LEASES),
    leaseUntil: moments,
    owedSince: moments,
    late: fc.boolean(),
    filterPending: fc.boolean(),
    possiblyDeliveredAt: moments,
    settledAt: moments,
    owedTo: fc.constantFrom(...ENDPOINTS, attentionOf(anEndpointId('erp'))),
    dueAt: moments,
  };
}

function delivery(): fc.Arbitrary<Delivery> {
  const given = fc.record(deliveryParts(), { requiredKeys: [], noNullPrototype: true });
  return fc
    .tuple(deliveryKeys, states, given)
    .map(([key, state, parts]) => aDelivery({ ...parts, state, ...key } as Partial<DeliveryAttributes>));
}

function putDeliveryIfAbsent(row: Delivery): EventLogCall {
  return onLog(`putDeliveryIfAbsent(${nameOfDelivery(row)} ${partsOf(row)})`, (log) =>
    log.putDeliveryIfAbsent(row),
  );
}

/** Null removes an attribute; those that every delivery has are never removed. */
function changesOfDelivery(): fc.Arbitrary<DeliveryChange> {
  const { attempts, attemptCount, owedSince, ...removable } = deliveryParts();
  const nullable = Object.fromEntries(
    Object.entries(removable).map(([name, arbitrary]) => [
      name,
      fc.option(arbitrary as fc.Arbitrary<unknown>, { nil: null }),
    ]),
  );
  const parts = { state: states, attempts, attemptCount, owedSince, ...nullable };
  return fc
    .record(parts, { requiredKeys: [], noNullPrototype: true })
    .filter((change) => Object.keys(change).length > 0) as fc.Arbitrary<DeliveryChange>;
}

function updatesOfDelivery(): fc.Arbitrary<EventLogCall> {
  const conditions = asReadOr(fc.record({ state: states, leaseId: optional(fc.constantFrom(...LEASES)) }));
  return fc.tuple(deliveryKeys, conditions, changesOfDelivery()).map(([key, only, change]) =>
    onLogAsRead(
      `updateDelivery(${nameOfDelivery(key)}, only ${spelled(only)}, ${spelled(change)})`,
      async (log) => {
        if (only !== 'as read') return only;
        const row = (await log.deliveries(key.orderKey)).find(
          (one) => nameOfDelivery(one) === nameOfDelivery(key),
        );
        return {
          state: row?.state ?? 'pending',
          leaseId: row?.state === 'leased' ? row.leaseId : undefined,
        } as const;
      },
      (log, condition) => log.updateDelivery(key, condition, change),
    ),
  );
}

function finishFanOut([key, found, ofEndpoints, fannedOutAt]: [
  EventKey,
  readonly { readonly change: 'added' }[],
  Outcomes,
  Date,
]): EventLogCall {
  const result = { changes: found, outcomes: ofEndpoints, fannedOutAt };
  return onLog(`finishFanOut(${nameOf(key)}, ${spelled(result)})`, (log) => log.finishFanOut(key, result));
}

function fanOutAttempts(): fc.Arbitrary<EventLogCall> {
  const tries: fc.Arbitrary<FanOutAttempt> = fc.record(
    {
      fanOutAttempts: fc.constantFrom(1, 2),
      quarantinedUntil: moments,
      abandonedAt: moments,
      owedTo: fc.constant('attention#fan-out'),
      dueAt: moments,
    },
    { requiredKeys: ['fanOutAttempts'], noNullPrototype: true },
  );
  return fc.tuple(eventKeys, asReadOr(optional(fc.constantFrom(1, 2))), tries).map(([key, read, change]) =>
    onLogAsRead(
      `recordFanOutAttempt(${nameOf(key)} with ${read ?? 'no'} tries, ${spelled(change)})`,
      async (log) => (read === 'as read' ? (await log.event(key))?.fanOutAttempts : read),
      (log, count) =>
        log.recordFanOutAttempt(
          anEvent({ ...key, ...(count !== undefined && { fanOutAttempts: count }) }),
          change,
        ),
    ),
  );
}

function recordedOutcomes(): fc.Arbitrary<EventLogCall> {
  const outcome = fc.constantFrom(...OUTCOMES);
  return fc.tuple(eventKeys, endpoints, outcome, asReadOr(optional(outcome))).map(([key, id, next, read]) =>
    onLogAsRead(
      `recordOutcome(${nameOf(key)}, ${id}, ${spelled(next)}, previous ${spelled(read)})`,
      async (log) => (read === 'as read' ? (await log.event(key))?.outcomes?.[id] : read),
      (log, previous) => log.recordOutcome(key, id, next, previous),
    ),
  );
}

function dueBefores(): fc.Arbitrary<Date> {
  return fc.oneof(
    moments,
    moments.map((date) => later(date, 1)),
    fc.constant(FAR_FUTURE),
  );
}

function owed([list, before, limit, since]: [string, Date, number, Date | undefined]): EventLogCall {
  const text = `owed(${list}, before ${moment(before)}, limit ${limit}${since ? `, since ${moment(since)}` : ''})`;
  return onLog(text, async (log) => comparable(await log.owed(list, before, limit, since), limit));
}

/**
 * The port promises no order among items that are due at the same time. So a full page names none of the items that are
 * due last: others may be due then.
 */
function comparable(found: readonly OwedItem[], limit: number) {
  const last = found.length < limit ? undefined : found.at(-1)?.dueAt.getTime();
  return {
    dueAt: found.map(({ dueAt }) => dueAt),
    items: found
      .filter(({ dueAt }) => dueAt.getTime() !== last)
      .map(spelled)
      .sort(),
  };
}

function newestWebhook(sinceMs: number): EventLogCall {
  const since = later(START, sinceMs);
  return onLog(`newestWebhook(since ${moment(since)})`, async (log) => log.newestWebhook(since));
}

function postponements(): fc.Arbitrary<EventLogCall> {
  const key = fc.tuple(eventKeys, optional(endpoints));
  return fc
    .tuple(lists, key, asReadOr(moments), moments)
    .map(([list, [eventKey, endpointId], read, dueAt]) => {
      const name = endpointId === undefined ? nameOf(eventKey) : nameOfDelivery({ ...eventKey, endpointId });
      return onLogAsRead(
        `postpone(${read === 'as read' ? `the first of ${list}, as read` : `${name} in ${list}, due ${moment(read)}`}, to ${moment(dueAt)})`,
        async (log): Promise<OwedItem | undefined> => {
          if (read === 'as read') return (await log.owed(list, FAR_FUTURE, 1))[0];
          const owedAt = { owedTo: list, dueAt: read };
          return endpointId === undefined
            ? { kind: 'event', ...eventKey, ...owedAt }
            : { kind: 'delivery', ...eventKey, endpointId, ...owedAt };
        },
        async (log, item) => item && log.postpone(item, dueAt),
      );
    });
}

function putAlias([aliasKey, orderKey]: [EventRecord['orderKey'], EventRecord['orderKey']]): EventLogCall {
  const alias = { aliasKey, orderKey, id: `id of ${orderKey}`, seenAt: FAR_FUTURE };
  return onLog(`putAlias(${aliasKey}, ${orderKey})`, (log) => log.putAlias(alias));
}

function aliasesOf(aliasKey: EventRecord['orderKey']): EventLogCall {
  return plainCall(`aliasesOf(${aliasKey})`, async (subject) =>
    (await subject.aliasesOf(aliasKey)).sort((a, b) => (a.orderKey < b.orderKey ? -1 : 1)),
  );
}

function erasePayload(key: EventKey): EventLogCall {
  return plainCall(`an operator erases the payload of ${nameOf(key)}`, (subject) =>
    subject.erasePayload(key),
  );
}

function noteForgotten(key: EventKey): EventLogCall {
  return plainCall(`an operator notes that ${nameOf(key)} is forgotten`, (subject) =>
    subject.noteForgotten(key),
  );
}

/** In whole seconds: rows may expire up to a second early. DynamoDB's TTL counts in seconds. */
function clockMoves(): fc.Arbitrary<EventLogCall> {
  return fc
    .constantFrom(1_000, DAY_MS, 15 * DAY_MS, 29 * DAY_MS)
    .map((ms) => plainCall(`the clock moves by ${ms / 1_000} s`, ({ clock }) => clock.advance(ms)));
}

/** Such as `main/A second`: the order, and the event by its place in time. */
function nameOf({ orderKey, eventId }: EventKey): string {
  return `${orderKey} ${['first', 'second', 'third'][EVENT_IDS.indexOf(eventId)]}`;
}

/** Such as `main/A second erp`. */
function nameOfDelivery(key: DeliveryKey): string {
  return `${nameOf(key)} ${key.endpointId}`;
}

function partsOf(row: EventRecord | Delivery): string {
  const { orderKey: _, eventId: __, ...parts } = row;
  return spelled(parts);
}

function moment(date: Date): string {
  const ms = date.getTime() - START.getTime();
  if (ms === FAR_FUTURE.getTime() - START.getTime()) return 'far future';
  return ms % MINUTE_MS === 0 ? `+${ms / MINUTE_MS} min` : `+${ms} ms`;
}
