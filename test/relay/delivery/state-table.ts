/** The specification of a delivery's state machine: for each state, what happens and what follows. Times are from noon. */
import {
  answersErased,
  attempted,
  behind,
  busy,
  cutShort,
  debounced,
  dropped,
  earlyAttemptFailed,
  ended,
  endedWithoutRow,
  expressionPostponed,
  filterPassed,
  leased,
  leaseReturned,
  leftToDeliver,
  madeDue,
  messageFor,
  outcomePostponed,
  outcomeRecorded,
  parked,
  probeFailed,
  replayed,
  retried,
} from '../../../lib/relay/delivery/state-machine.ts';
import {
  type Attempt,
  type Delivery,
  isSettled,
  type PendingDelivery,
  type UnfinishedDelivery,
} from '../../../lib/relay/model/delivery.ts';
import type { DeliveryState, SettledState } from '../../../lib/relay/model/delivery-state.ts';
import { anEndpointId, aPendingDelivery, aSettledDelivery } from '../../ports/builders.ts';
import { answer, NOON, noAnswer, seconds } from '../attempts.ts';

const NO_JITTER = () => 0;
const BY_DEFAULT = { maxAttempts: 10, ordering: 'latest' } as const;
const STRICT = { maxAttempts: 10, ordering: 'strict' } as const;
const HOUR = 3_600;

const PENDING = aPendingDelivery({ endpointId: anEndpointId('erp'), nextAttemptAt: NOON, dueAt: NOON });
const LEASED = leased({ ...PENDING, dueAt: seconds(60) }, 'a-lease', seconds(20), NOON);
const TEST = { ...LEASED, orderKey: 'tests/1' as Delivery['orderKey'] };

interface Expected {
  readonly state: DeliveryState;
  /** The list of the `owed` index that the row is in afterwards; absent when it is in none. */
  readonly owedTo?: string;
  /** Seconds after noon; `first` when it is due before all others. */
  readonly dueAt?: number | 'first';
  /** The delay of the message to deliver, in seconds; absent when none is sent. */
  readonly message?: number;
}

interface Transition<Before extends Delivery> extends Expected {
  /** The function of the state machine. */
  readonly event: string;
  readonly name: string;
  /** Fan-out decides it before a row is written. */
  readonly isNew?: boolean;
  readonly before: Before;
  readonly next: (row: Before) => Delivery;
}

export interface TableRow extends Expected {
  readonly event: string;
  readonly name: string;
  readonly from: DeliveryState | 'new';
  readonly before: Delivery;
  readonly after: Delivery;
  /** The delays of the messages that are sent for the new row. */
  readonly messages: readonly number[];
}

/** Fan-out sends messages for the rows that it writes, deliver for the results of its attempts. */
const ENQUEUED = [
  ...['leftToDeliver', 'behind', 'busy', 'debounced', 'parked', 'cutShort'],
  ...['attempted', 'probeFailed', 'earlyAttemptFailed', 'expressionPostponed'],
];

function transition<Before extends Delivery>({
  next,
  before,
  isNew = false,
  ...row
}: Transition<Before>): TableRow {
  const after = next(before);
  const sent = ENQUEUED.includes(row.event) ? messageFor(after, NOON) : [];
  const messages = sent.map(({ delaySeconds }) => delaySeconds);
  return { ...row, before, after, from: isNew ? 'new' : before.state, messages };
}

const madeFrom =
  (endpoint: Parameters<typeof attempted>[1], made: Attempt, lastSuccessAt?: Date) =>
  (row: UnfinishedDelivery): Delivery =>
    attempted(row, endpoint, made, NOON, NO_JITTER, lastSuccessAt && { lastSuccessAt });
/** Fan-out records the outcome together with those of the other endpoints. */
const inline =
  (made: Attempt, endpoint: Parameters<typeof attempted>[1] = BY_DEFAULT) =>
  (row: PendingDelivery): Delivery => {
    const after = attempted(row, endpoint, made, NOON, NO_JITTER);
    return isSettled(after) ? outcomeRecorded(after, NOON) : after;
  };
const withAttempts = <Row extends UnfinishedDelivery>(row: Row, attemptCount: number): Row => ({
  ...row,
  attemptCount,
});
const REFUSED_TWICE = { ...withAttempts(LEASED, 2), attempts: [answer(422, -305), answer(404, -300)] };
const FAILED_TWICE = { ...withAttempts(LEASED, 2), attempts: [answer(503, -305), answer(503, -300)] };
const DENIED_TWICE = { ...withAttempts(LEASED, 2), attempts: [answer(401, -305), answer(403, -300)] };
const settledRow = (state: SettledState) => aSettledDelivery(state, { ...LEASED, settledAt: NOON });

export const TABLE: readonly TableRow[] = [
  transition({
    event: 'attempted',
    name: 'the inline attempt succeeds',
    isNew: true,
    before: PENDING,
    next: inline(answer(200)),
    state: 'delivered',
  }),
  transition({
    event: 'attempted',
    name: 'the inline attempt fails',
    isNew: true,
    before: PENDING,
    next: inline(answer(503)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  }),
  transition({
    event: 'attempted',
    name: 'the inline attempt fails, and the endpoint allows only one attempt',
    isNew: true,
    before: PENDING,
    next: inline(answer(503), { maxAttempts: 1, ordering: 'latest' }),
    ...{ state: 'dead', owedTo: 'attention#erp', dueAt: 0 },
  }),
  transition({
    event: 'cutShort',
    name: 'the inline attempt is cut short after 5 s',
    isNew: true,
    before: PENDING,
    next: (row) => cutShort(row, noAnswer(-5, { cutShort: true }), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 10 + 60, message: 10 },
  }),
  transition({
    event: 'leftToDeliver',
    name: 'fan-out leaves the first attempt to deliver',
    isNew: true,
    before: PENDING,
    next: (row) => leftToDeliver(row, NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 60, message: 0 },
  }),
  transition({
    event: 'behind',
    name: 'an earlier delivery of the order is not finished',
    isNew: true,
    before: PENDING,
    next: (row) => behind(row, NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 2 + 60, message: 2 },
  }),
  transition({
    event: 'busy',
    name: 'the endpoint asked for 30 s without requests',
    isNew: true,
    before: PENDING,
    next: (row) => busy(row, seconds(30), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 30 + 60, message: 30 },
  }),
  transition({
    event: 'debounced',
    name: 'the endpoint waits until its order is quiet for 5 minutes',
    isNew: true,
    before: PENDING,
    next: (row) => debounced(row, seconds(300), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 300 + 60, message: 300 },
  }),
  transition({
    event: 'parked',
    name: 'the endpoint cannot be sent to now',
    isNew: true,
    before: PENDING,
    next: (row) => parked(row, 'endpoint-paused'),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'endedWithoutRow',
    name: 'the filter refuses the event in fan-out',
    isNew: true,
    before: PENDING,
    next: (row) => endedWithoutRow(row, 'skipped', 'filter-refused', NOON),
    state: 'skipped',
  }),
  transition({
    event: 'endedWithoutRow',
    name: 'the endpoint is disabled',
    isNew: true,
    before: PENDING,
    next: (row) => endedWithoutRow(row, 'cancelled', 'endpoint-disabled', NOON),
    state: 'cancelled',
  }),
  transition({
    event: 'leased',
    name: 'deliver takes a lease of 20 s by its message: the row is due in a minute anyway',
    before: { ...PENDING, dueAt: seconds(60) },
    next: (row) => leased(row, 'a-lease', seconds(20), NOON),
    ...{ state: 'leased', owedTo: 'erp', dueAt: 60 },
  }),
  transition({
    event: 'leased',
    name: 'deliver takes a lease of 20 s of an overdue delivery',
    before: { ...PENDING, dueAt: seconds(-600) },
    next: (row) => leased(row, 'a-lease', seconds(20), NOON),
    ...{ state: 'leased', owedTo: 'erp', dueAt: -600 },
  }),
  transition({
    event: 'leased',
    name: 'deliver takes a lease of 20 s long before the time of the delivery, after the endpoint recovered',
    before: { ...PENDING, dueAt: seconds(61) },
    next: (row) => leased(row, 'a-lease', seconds(20), NOON),
    ...{ state: 'leased', owedTo: 'erp', dueAt: 20 },
  }),
  transition({
    event: 'leased',
    name: 'the lease has expired and deliver takes a new one of 20 s',
    before: LEASED,
    next: (row) => leased(row, 'another-lease', seconds(40), seconds(20)),
    ...{ state: 'leased', owedTo: 'erp', dueAt: 60 },
  }),
  transition({
    event: 'leaseReturned',
    name: 'deliver returns the lease without a request',
    before: LEASED,
    next: (row) => leaseReturned(row, NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'expressionPostponed',
    name: 'other expressions take the time of the transform',
    before: LEASED,
    next: (row) => expressionPostponed(row, NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 65, message: 5 },
  }),
  transition({
    event: 'expressionPostponed',
    name: 'other expressions take the time of the filter',
    before: { ...PENDING, filterPending: true },
    next: (row) => expressionPostponed(row, NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 65, message: 5 },
  }),
  transition({
    event: 'attempted',
    name: 'other expressions take the time of `success`: the attempt does not count',
    before: LEASED,
    next: madeFrom(BY_DEFAULT, answer(200, 0, { cutShort: true, error: 'not evaluated' })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 70, message: 10 },
  }),
  transition({
    event: 'attempted',
    name: 'the endpoint answers 200',
    before: LEASED,
    next: madeFrom(BY_DEFAULT, answer(200)),
    ...{ state: 'delivered', owedTo: 'erp', dueAt: 60 },
  }),
  transition({
    event: 'attempted',
    name: 'the first attempt fails',
    before: LEASED,
    next: madeFrom(BY_DEFAULT, answer(503)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  }),
  transition({
    event: 'attempted',
    name: 'the second attempt fails',
    before: withAttempts(LEASED, 1),
    next: madeFrom(BY_DEFAULT, noAnswer()),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 300 + 60, message: 300 },
  }),
  transition({
    event: 'attempted',
    name: 'the third attempt fails: the next one is too far off for a message',
    before: withAttempts(LEASED, 2),
    next: madeFrom(BY_DEFAULT, answer(500)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1_800 },
  }),
  transition({
    event: 'attempted',
    name: 'an attempt asks for 10 minutes: it does not count',
    before: LEASED,
    next: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 600 })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 600 + 60, message: 600 },
  }),
  transition({
    event: 'attempted',
    name: 'an attempt asks for a second: it does not count',
    before: withAttempts(LEASED, 2),
    next: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 1 })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1 + 60, message: 1 },
  }),
  transition({
    event: 'attempted',
    name: 'the only attempt asks for an hour: it does not count',
    before: LEASED,
    next: madeFrom({ maxAttempts: 1, ordering: 'strict' }, answer(503, 0, { retryAfterSeconds: HOUR })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: HOUR },
  }),
  transition({
    event: 'attempted',
    name: 'an attempt asks for a wait beyond three days from the first one: it is attempted once more then',
    before: { ...LEASED, firstAttemptAt: seconds(-71 * HOUR), deferralCount: 3 },
    next: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 2 * HOUR })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: HOUR },
  }),
  transition({
    event: 'attempted',
    name: 'an attempt asks for a wait three days after the first one',
    before: { ...LEASED, firstAttemptAt: seconds(-72 * HOUR), deferralCount: 3 },
    next: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 1 })),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'attempted',
    name: 'an attempt asks for a second for the 1,001st time: it counts',
    before: { ...LEASED, firstAttemptAt: seconds(-HOUR), deferralCount: 1_000 },
    next: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 1 })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  }),
  transition({
    event: 'attempted',
    name: 'the only attempt of a test asks for a second',
    before: TEST,
    next: madeFrom(BY_DEFAULT, answer(429, 0, { retryAfterSeconds: 1 })),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'attempted',
    name: 'the inline attempt asks for 7 s: it does not count',
    isNew: true,
    before: PENDING,
    next: inline(answer(429, 0, { retryAfterSeconds: 7 })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 7 + 60, message: 7 },
  }),
  transition({
    event: 'attempted',
    name: 'the last attempt fails',
    before: withAttempts(LEASED, 9),
    next: madeFrom(BY_DEFAULT, answer(503)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'attempted',
    name: 'the only attempt of a test fails',
    before: TEST,
    next: madeFrom(BY_DEFAULT, answer(503)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'attempted',
    name: 'a `strict` endpoint refuses the event a second time',
    before: withAttempts(LEASED, 1),
    next: madeFrom(STRICT, answer(422)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 300 + 60, message: 300 },
  }),
  transition({
    event: 'attempted',
    name: 'a `strict` endpoint refuses the event a third time',
    before: REFUSED_TWICE,
    next: madeFrom(STRICT, answer(422)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'attempted',
    name: 'a `strict` endpoint refuses the event for the first time, after two failures',
    before: FAILED_TWICE,
    next: madeFrom(STRICT, answer(404)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1_800 },
  }),
  transition({
    event: 'attempted',
    name: 'a `strict` endpoint denies the event a third time (401 or 403), and has accepted none since the first time',
    before: DENIED_TWICE,
    next: madeFrom(STRICT, answer(401), DENIED_TWICE.attempts[0]?.at),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1_800 },
  }),
  transition({
    event: 'attempted',
    name: 'a `strict` endpoint denies the event a third time (401 or 403), and has accepted another since the first time',
    before: DENIED_TWICE,
    next: madeFrom(STRICT, answer(403), seconds(-200)),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'attempted',
    name: 'a `strict` endpoint answers 425 a third time',
    before: withAttempts(LEASED, 2),
    next: madeFrom(STRICT, answer(425)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 1_800 },
  }),
  transition({
    event: 'attempted',
    name: 'an attempt sends no request',
    before: LEASED,
    next: madeFrom(BY_DEFAULT, noAnswer(0, { unsent: true })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  }),
  transition({
    event: 'attempted',
    name: 'the relay itself cannot process it',
    before: PENDING,
    next: madeFrom(BY_DEFAULT, noAnswer(0, { unsent: true, internalError: true })),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 + 60, message: 5 },
  }),
  transition({
    event: 'probeFailed',
    name: 'a probe fails',
    before: LEASED,
    next: (row) => probeFailed(row, answer(503), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'earlyAttemptFailed',
    name: 'an attempt before its time fails',
    before: { ...LEASED, nextAttemptAt: seconds(2 * HOUR) },
    next: (row) => earlyAttemptFailed(row, answer(503), NOON),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 2 * HOUR },
  }),
  transition({
    event: 'ended',
    name: 'a newer event supersedes it',
    before: PENDING,
    next: (row) => ended(row, 'superseded', 'newer-event', NOON),
    ...{ state: 'superseded', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'ended',
    name: 'its lease has expired and a newer event supersedes it',
    before: LEASED,
    next: (row) => ended(row, 'superseded', 'newer-event', NOON),
    ...{ state: 'superseded', owedTo: 'erp', dueAt: 60 },
  }),
  transition({
    event: 'ended',
    name: 'the filter refuses the event in deliver',
    before: { ...PENDING, filterPending: true },
    next: (row) => ended(row, 'skipped', 'filter-refused', NOON),
    ...{ state: 'skipped', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'ended',
    name: 'the endpoint was removed or disabled, or an operator cancels the delivery',
    before: PENDING,
    next: (row) => ended(row, 'cancelled', 'endpoint-removed', NOON),
    ...{ state: 'cancelled', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'ended',
    name: 'the payload has expired',
    before: PENDING,
    next: (row) => ended(row, 'dead', 'payload-gone', NOON),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  transition({
    event: 'madeDue',
    name: 'the endpoint was locked when its message came',
    before: PENDING,
    next: (row) => madeDue(row, seconds(7)),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 5 },
  }),
  transition({
    event: 'retried',
    name: 'an operator retries it',
    before: { ...PENDING, nextAttemptAt: seconds(2 * HOUR), dueAt: seconds(2 * HOUR) },
    next: (row) => retried(row, NOON, 'retry'),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'replayed',
    name: 'an operator replays a pending delivery',
    before: withAttempts(PENDING, 3),
    next: (row) => replayed(row, NOON, false),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  }),
  ...(['delivered', 'superseded', 'skipped', 'dead', 'cancelled'] as const).map((state) =>
    transition({
      event: 'replayed',
      name: `an operator replays it, or retries it: ${state}`,
      before: aSettledDelivery(state, { ...PENDING, settledAt: NOON }),
      next: (row) => replayed(row, NOON, true),
      ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
    }),
  ),
  transition({
    event: 'filterPassed',
    name: 'the filter lets it pass',
    before: { ...PENDING, filterPending: true },
    next: (row) => filterPassed(row),
    ...{ state: 'pending', owedTo: 'erp', dueAt: 0 },
  }),
  transition({
    event: 'outcomePostponed',
    name: 'the event’s outcome cannot be written yet',
    before: settledRow('delivered'),
    next: (row) => outcomePostponed(row, {}, NOON),
    ...{ state: 'delivered', owedTo: 'erp', dueAt: 60 },
  }),
  transition({
    event: 'outcomePostponed',
    name: 'the event’s outcome cannot be written yet: fan-out retries the event in an hour',
    before: settledRow('delivered'),
    next: (row) => outcomePostponed(row, { quarantinedUntil: seconds(3_600) }, NOON),
    ...{ state: 'delivered', owedTo: 'erp', dueAt: 3_660 },
  }),
  transition({
    event: 'outcomePostponed',
    name: 'the event’s outcome of a dead delivery cannot be written yet',
    before: settledRow('dead'),
    next: (row) => outcomePostponed(row, { quarantinedUntil: seconds(3_600) }, NOON),
    ...{ state: 'dead', owedTo: 'erp', dueAt: 'first' },
  }),
  ...(['delivered', 'superseded', 'skipped'] as const).map((state) =>
    transition({
      event: 'outcomeRecorded',
      name: `the event’s outcome is written: ${state}`,
      before: settledRow(state),
      next: (row) => outcomeRecorded(row, seconds(3)),
      state,
    }),
  ),
  ...(['dead', 'cancelled'] as const).map((state) =>
    transition({
      event: 'outcomeRecorded',
      name: `the event’s outcome is written: ${state}`,
      before: settledRow(state),
      next: (row) => outcomeRecorded(row, seconds(3)),
      ...{ state, owedTo: 'attention#erp', dueAt: 3 },
    }),
  ),
  transition({
    event: 'outcomeRecorded',
    name: 'the event’s outcome is written: a test is dead',
    before: { ...settledRow('dead'), orderKey: TEST.orderKey },
    next: (row) => outcomeRecorded(row, seconds(3)),
    state: 'dead',
  }),
  transition({
    event: 'answersErased',
    name: 'an operator erases the order of a dead delivery',
    before: aSettledDelivery('dead', { ...PENDING, settledAt: NOON, owedTo: 'attention#erp' }),
    next: (row) => answersErased(row),
    state: 'dead',
  }),
  ...(['dead', 'cancelled'] as const).map((state) =>
    transition({
      event: 'dropped',
      name: `an operator drops a ${state} delivery`,
      before: aSettledDelivery(state, { ...PENDING, settledAt: NOON, owedTo: 'attention#erp', dueAt: NOON }),
      next: (row) => dropped(row),
      state,
    }),
  ),
];
