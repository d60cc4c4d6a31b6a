import { describe, expect, it } from 'vitest';
import { nextStep, type OrderView } from '../../../lib/relay/delivery/ordering.ts';
import type { Delivery, DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import type { Outcome } from '../../../lib/relay/model/outcome.ts';
import { aDelivery, anEndpointId, anOrderKey, eventsOf } from '../../ports/builders.ts';
import { NOON, seconds } from '../attempts.ts';

const ERP = anEndpointId('erp');
const ORDER = anOrderKey();
const EVENTS = eventsOf(ORDER, 3);

/** The rows and events of one order; each entry stands for one event, oldest first. */
type Entry = Partial<DeliveryAttributes> & {
  /** Without a row, the endpoint's outcome alone says how the event went. */
  readonly outcome?: Outcome;
  readonly hasNoRow?: boolean;
  readonly isNotFannedOut?: boolean;
  readonly event?: Partial<EventRecord>;
};

const pending: Entry = {};
const isLeased: Entry = { state: 'leased', leaseId: 'a-lease', leaseUntil: seconds(1) };
const leaseHasExpired: Entry = { state: 'leased', leaseId: 'a-lease', leaseUntil: NOON };
const settled = (state: Delivery['state'], parts: Partial<DeliveryAttributes> = {}): Entry => ({
  state,
  ...parts,
});
const inline = (outcome: Outcome): Entry => ({ hasNoRow: true, outcome });
const receivedAndReplayed: Entry = { replayedAt: NOON, possiblyDeliveredAt: NOON };
const notFannedOut: Entry = { hasNoRow: true, isNotFannedOut: true };

function viewOf(entries: readonly Entry[]): OrderView {
  const rows: Delivery[] = [];
  const events: EventRecord[] = [];
  for (const [index, entry] of entries.entries()) {
    const { hasNoRow, isNotFannedOut, outcome, event, ...row } = entry;
    const record = { ...EVENTS[index], ...event } as EventRecord;
    if (!hasNoRow)
      rows.push(aDelivery({ orderKey: ORDER, eventId: record.eventId, endpointId: ERP, ...row }));
    events.unshift({
      ...record,
      ...(!isNotFannedOut && { fannedOutAt: NOON }),
      ...(outcome !== undefined && { outcomes: { [ERP]: outcome } }),
    });
  }
  return { rows, events };
}

/** The step, with each event as its place in the order. */
function stepFor(ordering: 'latest' | 'strict' | 'none', entries: readonly Entry[], named = 0): string {
  const place = ({ eventId }: Delivery) => EVENTS.findIndex((event) => event.eventId === eventId);
  const key = aDelivery({ ...EVENTS[named], endpointId: ERP });
  const step = nextStep({ id: ERP, ordering }, key, viewOf(entries), NOON);
  switch (step.kind) {
    case 'wait':
      return 'wait';
    case 'skip':
      return `skip ${step.rows.map(place)}`;
    case 'supersede':
      return `supersede ${step.rows.map(place)}`;
    case 'next':
      return `send ${place(step.delivery)}${step.older.length > 0 ? `, supersede ${step.older.map(place)}` : ''}`;
  }
}

describe('the next step for an order with `none`', () => {
  it.each<[string, readonly Entry[], number, string]>([
    ['the delivery that is named', [pending, pending], 1, 'send 1'],
    ['nothing while that one is leased', [pending, isLeased], 1, 'wait'],
    ['one whose lease has expired', [leaseHasExpired], 0, 'send 0'],
    ['nothing when that one is settled', [settled('delivered'), pending], 0, 'wait'],
    ['one that another one’s lease does not concern', [isLeased, pending], 1, 'send 1'],
  ])('is to send %s', (_, entries, named, expected) => {
    expect(stepFor('none', entries, named)).toBe(expected);
  });
});

describe('the next step for an order with `strict`', () => {
  it.each<[string, readonly Entry[], string]>([
    ['the oldest pending one, whichever is named', [pending, pending, pending], 'send 0'],
    ['the oldest after those that are settled', [settled('dead'), settled('delivered'), pending], 'send 2'],
    ['nothing while the oldest is leased', [isLeased, pending], 'wait'],
    ['nothing when all are settled', [settled('delivered')], 'wait'],
  ])('is to send %s', (_, entries, expected) => {
    expect(stepFor('strict', entries, 2)).toBe(expected);
  });
});

describe('the next step for an order with `latest`', () => {
  it.each<[string, readonly Entry[], string]>([
    ['send the only one', [pending], 'send 0'],
    ['send the newest, and supersede the older ones', [pending, pending, pending], 'send 2, supersede 0,1'],
    ['wait while the newest is leased', [pending, isLeased], 'wait'],
    ['wait while an older one is leased', [isLeased, pending], 'wait'],
    [
      'send the newest once the older one’s lease has expired',
      [leaseHasExpired, pending],
      'send 1, supersede 0',
    ],
    ['wait when nothing is pending', [settled('delivered'), settled('superseded')], 'wait'],
    ['send the newest pending one after a newer one that is dead', [pending, settled('dead')], 'send 0'],
    ['send it after a newer one that the filter refused', [pending, settled('skipped')], 'send 0'],
    ['supersede it by a newer row that was delivered', [pending, settled('delivered')], 'supersede 0'],
    [
      'supersede it by an event that fan-out delivered inline',
      [pending, inline({ state: 'delivered', status: 200, durationMs: 9 })],
      'supersede 0',
    ],
    [
      'supersede it by one that was skipped as unchanged',
      [pending, inline({ state: 'skipped', reason: 'unchanged' })],
      'supersede 0',
    ],
    [
      'send it after a newer one that fan-out skipped by the filter',
      [pending, inline({ state: 'skipped', reason: 'filter-refused' })],
      'send 0',
    ],
    [
      'send it after a newer one that fan-out gave up',
      [pending, inline({ state: 'dead', status: 503, durationMs: 9 })],
      'send 0',
    ],
    ['send it after a newer one without an outcome', [pending, { hasNoRow: true }], 'send 0'],
    [
      'supersede it by a newer one that may have arrived, although it is dead',
      [pending, settled('dead', { possiblyDeliveredAt: NOON })],
      'supersede 0',
    ],
    [
      'supersede it by a replayed one that was delivered before the filter refused it',
      [pending, settled('skipped', { possiblyDeliveredAt: NOON, replayedAt: NOON })],
      'supersede 0',
    ],
    [
      'supersede those that are free, and leave the leased one',
      [isLeased, pending, settled('delivered')],
      'supersede 1',
    ],
    ['wait when all that could be superseded is leased', [isLeased, settled('delivered')], 'wait'],
    [
      'send a replayed one although a newer one was skipped as unchanged',
      [receivedAndReplayed, inline({ state: 'skipped', reason: 'unchanged' })],
      'send 0',
    ],
    [
      'send a replayed one after a newer one without outcomes',
      [receivedAndReplayed, { hasNoRow: true }],
      'send 0',
    ],
    [
      'send a replayed one after a newer one without an outcome for its endpoint',
      [receivedAndReplayed, { hasNoRow: true, event: { outcomes: {} } }],
      'send 0',
    ],
    [
      'supersede a replayed one by a newer one that was delivered inline',
      [receivedAndReplayed, inline({ state: 'delivered', status: 200, durationMs: 9 })],
      'supersede 0',
    ],
    [
      'supersede a replayed one that was never received by a newer one that is unchanged',
      [{ replayedAt: NOON }, inline({ state: 'skipped', reason: 'unchanged' })],
      'supersede 0',
    ],
    [
      'supersede one that may have arrived, but was not replayed, by a newer one that is unchanged',
      [{ possiblyDeliveredAt: NOON }, inline({ state: 'skipped', reason: 'unchanged' })],
      'supersede 0',
    ],
    ['wait while a newer event is not fanned out', [pending, notFannedOut], 'wait'],
    [
      'send it when fan-out has given the newer event up',
      [pending, { hasNoRow: true, isNotFannedOut: true, event: { abandonedAt: NOON } }],
      'send 0',
    ],
    [
      'wait while a newer event is quarantined, for its fan-out is tried again',
      [pending, { hasNoRow: true, isNotFannedOut: true, event: { quarantinedUntil: seconds(60) } }],
      'wait',
    ],
    ['send it although an older event is not fanned out', [notFannedOut, pending], 'send 1'],
    [
      'send the newest that the filter has not decided yet',
      [pending, { filterPending: true }],
      'send 1, supersede 0',
    ],
    [
      'trust the row before the outcome, which follows it',
      [pending, settled('dead', { settledAt: NOON })].map((entry, index) =>
        index === 1
          ? { ...entry, outcome: { state: 'delivered' as const, status: 200, durationMs: 9 } }
          : entry,
      ),
      'send 0',
    ],
  ])('is to %s', (_, entries, expected) => {
    expect(stepFor('latest', entries)).toBe(expected);
  });
});

describe('an event without a snapshot', () => {
  const empty: Entry = { event: { orderId: '1', noSnapshot: 'empty' } };
  const inLine = { ...empty, hasNoRow: true };

  it.each<[string, readonly Entry[], string]>([
    ['is skipped itself', [pending, empty], 'skip 1'],
    ['is skipped, also when it is older', [empty, pending], 'skip 0'],
    ['is not waited for while it is leased', [pending, { ...isLeased, ...empty }], 'send 0'],
    ['is not waited for when it is not fanned out', [pending, { ...inLine, isNotFannedOut: true }], 'send 0'],
    ['takes nothing’s place that was delivered', [pending, { ...empty, ...settled('delivered') }], 'send 0'],
    [
      'takes nothing’s place that was delivered inline',
      [pending, { ...inLine, outcome: { state: 'delivered' } }],
      'send 0',
    ],
    ['is not in the way of an older one to supersede', [pending, inLine, pending], 'send 2, supersede 0'],
    ['alone is all that there is to skip', [empty], 'skip 0'],
    ['that is leased leaves nothing to do', [{ ...isLeased, ...empty }], 'wait'],
  ])('%s, with `latest`', (_, entries, expected) => {
    expect(stepFor('latest', entries)).toBe(expected);
  });

  it.each(['strict', 'none'] as const)('is sent like every other, with `%s`', (ordering) => {
    expect(stepFor(ordering, [empty, pending])).toBe('send 0');
  });
});
