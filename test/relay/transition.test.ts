import { describe, expect, it } from 'vitest';
import {
  attempted,
  behind,
  changed,
  cutShort,
  debounced,
  earlyAttemptFailed,
  ended,
  filterPassed,
  leased,
  leaseReturned,
  leftToDeliver,
  madeDue,
  messageFor,
  newDelivery,
  outcomePostponed,
  outcomeRecorded,
  parked,
  probeFailed,
  replayed,
  retried,
  withoutRow,
} from '../../lib/relay/delivery/state-machine.ts';
import type { Attempt, Delivery } from '../../lib/relay/model/delivery.ts';
import type { DeliveryChange } from '../../lib/relay/ports/event-log.ts';
import { aDelivery, anEndpointId } from '../ports/builders.ts';
import { answer, NOON, noAnswer, seconds } from './attempts.ts';

const ERP = anEndpointId('erp');
const NO_JITTER = () => 0;
const BY_DEFAULT = { maxAttempts: 10, ordering: 'latest' } as const;
const HOUR = 3_600;

const PENDING = aDelivery({ endpointId: ERP, nextAttemptAt: NOON, dueAt: NOON });
const LEASED = changed(PENDING, leased(PENDING, 'a-lease', seconds(20)));
const TEST = { ...LEASED, orderKey: 'tests/1' as Delivery['orderKey'] };

const madeFrom =
  (endpoint: Parameters<typeof attempted>[1], made: Attempt) =>
  (row: Delivery): DeliveryChange =>
    attempted(row, endpoint, made, NOON, NO_JITTER);
const withAttempts = (row: Delivery, attemptCount: number): Delivery => ({ ...row, attemptCount });
const settledRow = (state: Delivery['state']): Delivery =>
  changed(LEASED, { state, leaseId: null, leaseUntil: null, nextAttemptAt: null, settledAt: NOON });

interface Row {
  /** The transition. */
  readonly name: string;
  readonly before: Delivery;
  readonly change: (row: Delivery) => DeliveryChange;
  readonly state: Delivery['state'];
  /** The list that the row stands in afterwards; absent when it stands in none. */
  readonly owedTo?: string;
  /** Seconds after noon. */
  readonly dueAt?: number;
  /** The delay of the message that deliver is sent, in seconds; absent when none is sent. */
  readonly message?: number;
}

const TABLE: readonly Row[] = [
  {
    name: 'deliver takes a lease of 20 s',
    before: PENDING,
    change: (row) => leased(row, 'a-lease', seconds(20)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 20, message: 0 },
  },
  {
    name: 'deliver returns the lease without a request',
    before: LEASED,
    change: () => leaseReturned(NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0, message: 0 },
  },
  {
    name: 'the endpoint answers 200',
    before: LEASED,
    change: madeFrom(BY_DEFAULT, answer(200)),
    ...{ state: 'delivered', owedTo: 'erp', dueAt: 20 },
  },
  {
    name: 'the first attempt fails',
    before: LEASED,
    change: madeFrom(BY_DEFAULT, answer(503)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  },
  {
    name: 'the second attempt fails',
    before: withAttempts(LEASED, 1),
    change: madeFrom(BY_DEFAULT, noAnswer()),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 300 + 60, message: 300 },
  },
  {
    name: 'the third attempt fails: the next one is too far off for a message',
    before: withAttempts(LEASED, 2),
    change: madeFrom(BY_DEFAULT, answer(500)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1_800 },
  },
  {
    name: 'an attempt fails and asks for 10 minutes',
    before: LEASED,
    change: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 600 })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 600 + 60, message: 600 },
  },
  {
    name: 'an attempt asks for less than the schedule',
    before: LEASED,
    change: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 1 })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  },
  {
    name: 'the last attempt fails',
    before: withAttempts(LEASED, 9),
    change: madeFrom(BY_DEFAULT, answer(503)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 20 },
  },
  {
    name: 'the only attempt of a test fails',
    before: TEST,
    change: madeFrom(BY_DEFAULT, answer(503)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 20 },
  },
  {
    name: 'a `strict` endpoint refuses the event a second time',
    before: withAttempts(LEASED, 1),
    change: madeFrom({ maxAttempts: 10, ordering: 'strict' }, answer(422)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 300 + 60, message: 300 },
  },
  {
    name: 'a `strict` endpoint refuses the event a third time',
    before: withAttempts(LEASED, 2),
    change: madeFrom({ maxAttempts: 10, ordering: 'strict' }, answer(422)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 20 },
  },
  {
    name: 'a `strict` endpoint answers 425 a third time',
    before: withAttempts(LEASED, 2),
    change: madeFrom({ maxAttempts: 10, ordering: 'strict' }, answer(425)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1_800 },
  },
  {
    name: 'an attempt sends no request',
    before: LEASED,
    change: madeFrom(BY_DEFAULT, noAnswer(0, { unsent: true })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  },
  {
    name: 'fan-out cuts an inline attempt short',
    before: PENDING,
    change: (row) => cutShort(row, noAnswer(-5, { cutShort: true }), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 10 + 60, message: 10 },
  },
  {
    name: 'a probe fails',
    before: LEASED,
    change: (row) => probeFailed(row, answer(503), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  },
  {
    name: 'an attempt before its time fails',
    before: { ...LEASED, nextAttemptAt: seconds(2 * HOUR) },
    change: (row) => earlyAttemptFailed(row, answer(503), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 2 * HOUR },
  },
  {
    name: 'a newer event supersedes it',
    before: PENDING,
    change: (row) => ended(row, 'superseded', 'newer-event', NOON),
    ...{ state: 'superseded', owedTo: 'erp', dueAt: 0 },
  },
  {
    name: 'the endpoint was locked when its message came',
    before: PENDING,
    change: () => madeDue(seconds(7)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5, message: 0 },
  },
  {
    name: 'an operator retries it',
    before: { ...PENDING, nextAttemptAt: seconds(2 * HOUR), dueAt: seconds(2 * HOUR) },
    change: () => retried(NOON, 'retry'),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  },
  {
    name: 'an operator replays a pending delivery',
    before: withAttempts(PENDING, 3),
    change: (row) => replayed(row, NOON, false),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  },
  {
    name: 'an operator replays a dead delivery from the attention list',
    before: changed(settledRow('dead'), { owedTo: 'attention#erp' }),
    change: (row) => replayed(row, NOON, true),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  },
  {
    name: 'the filter lets it pass',
    before: { ...PENDING, filterPending: true },
    change: () => filterPassed(),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0, message: 0 },
  },
  {
    name: 'the event’s outcome cannot be written yet',
    before: settledRow('delivered'),
    change: () => outcomePostponed(NOON),
    ...{ state: 'delivered', owedTo: 'erp', dueAt: 60 },
  },
  ...(['delivered', 'superseded', 'skipped'] as const).map((state) => ({
    name: `the event’s outcome is written: ${state}`,
    before: settledRow(state),
    change: (row: Delivery) => outcomeRecorded(row, seconds(3)),
    state,
  })),
  ...(['dead', 'cancelled'] as const).map((state) => ({
    name: `the event’s outcome is written: ${state}`,
    before: settledRow(state),
    change: (row: Delivery) => outcomeRecorded(row, seconds(3)),
    ...{ state, owedTo: 'attention#erp', dueAt: 3 },
  })),
  {
    name: 'the event’s outcome is written: a test is dead',
    before: { ...settledRow('dead'), orderKey: TEST.orderKey },
    change: (row) => outcomeRecorded(row, seconds(3)),
    state: 'dead',
  },
];

describe('a delivery’s row', () => {
  it.each(TABLE)('when $name', ({ before, change, state, owedTo, dueAt, message }) => {
    const next = changed(before, change(before));

    expect(next.state).toBe(state);
    expect(next.owedTo).toBe(owedTo);
    expect(next.dueAt).toEqual(dueAt === undefined ? undefined : seconds(dueAt));
    expect(messageFor(next, NOON).map(({ delaySeconds }) => delaySeconds)).toEqual(
      message === undefined ? [] : [message],
    );
  });

  it.each(TABLE.filter(({ before, name }) => before.leaseId && !name.includes('lets')))(
    'is under no lease any more when $name',
    ({ before, change }) => {
      const next = changed(before, change(before));

      expect(next).not.toHaveProperty('leaseId');
      expect(next).not.toHaveProperty('leaseUntil');
    },
  );
});

describe('a delivery’s first row', () => {
  const fresh = newDelivery(PENDING, ERP, NOON);

  it.each<[string, Delivery, number | undefined, number | undefined]>([
    ['left to deliver', leftToDeliver(fresh, NOON), 60, 0],
    ['behind an earlier delivery', behind(fresh, NOON), 2 + 60, 2],
    ['debounced for five minutes', debounced(fresh, seconds(300), NOON), 300 + 60, 300],
    ['parked', parked(fresh, 'endpoint-paused'), 0, undefined],
    ['ended before it needed a row', withoutRow(fresh, 'skipped', 'filter-refused'), undefined, undefined],
  ])('%s is due and sends a message accordingly', (_, row, dueAt, message) => {
    expect(row.dueAt).toEqual(dueAt === undefined ? undefined : seconds(dueAt));
    expect(row.owedTo).toBe(dueAt === undefined ? undefined : 'erp');
    expect(messageFor(row, NOON).map(({ delaySeconds }) => delaySeconds)).toEqual(
      message === undefined ? [] : [message],
    );
  });
});
