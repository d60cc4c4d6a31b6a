import { describe, expect, it, vi } from 'vitest';
import { DueDeliveries } from '../../../lib/relay/deliver/due-deliveries.ts';
import { ANY_TIME, after as later } from '../../../lib/relay/model/clock.ts';
import type { Delivery, DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import { MemoryEventLog } from '../../memory/event-log.ts';
import { aDelivery, anEndpointId, anEventId, anOrderKey } from '../../ports/builders.ts';
import { StandingClock } from '../standing-clock.ts';

const ERP = anEndpointId('erp');

/** An event log with so many deliveries of an order each, one due every so many milliseconds. */
async function withDeliveries(count: number, everyMs: number) {
  const clock = new StandingClock();
  const eventLog = new MemoryEventLog(clock);
  const rows: Delivery[] = [];
  for (let n = 0; n < count; n++) {
    const dueAt = later(clock.now(), n * everyMs);
    rows.push(aDelivery({ endpointId: ERP, eventId: anEventId(clock), dueAt }));
  }
  for (const row of rows) await eventLog.putDeliveryIfAbsent(row);
  const due = (messages: readonly DeliveryKey[] = []) =>
    new DueDeliveries({ clock, eventLog }, ERP, messages);
  const setDue = ({ state, ...key }: Delivery, dueAt: Date | null) =>
    eventLog.updateDelivery(key, { state, leaseId: undefined }, { dueAt });
  return { clock, eventLog, rows, due, setDue };
}

async function all(due: DueDeliveries, dueBefore = ANY_TIME): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const next = await due.next(dueBefore);
    if (next === undefined) return ids;
    ids.push(next.eventId);
  }
}

async function peeked(due: DueDeliveries): Promise<readonly DeliveryKey[]> {
  await due.next(ANY_TIME);
  return due.peek();
}

const idsOf = (rows: readonly DeliveryKey[]) => rows.map(({ eventId }) => eventId);

describe('the due deliveries of an endpoint', () => {
  it('are those that messages name first, then the list’s, longest overdue first', async () => {
    const { rows, due } = await withDeliveries(3, 1_000);
    const named = aDelivery({ endpointId: ERP });

    expect(await all(due([named]))).toEqual(idsOf([named, ...rows]));
  });

  it('are those that are due before the moment that is asked for', async () => {
    const { clock, rows, due } = await withDeliveries(5, 1_000);

    expect(await all(due(), later(clock.now(), 2_500))).toEqual(idsOf(rows.slice(0, 3)));
  });

  it('are never those of another endpoint, though a person put one into the list', async () => {
    const { clock, eventLog, rows, due } = await withDeliveries(2, 1_000);
    const foreign = aDelivery({
      endpointId: anEndpointId('shop'),
      owedTo: 'erp',
      dueAt: later(clock.now(), -1),
    });
    await eventLog.putDeliveryIfAbsent(foreign);

    expect(await all(due())).toEqual(idsOf(rows));
    expect(idsOf(await peeked(due()))).toEqual(idsOf(rows.slice(0, 1)));
  });

  it('are given once each, over any number of pages', async () => {
    const { rows, due } = await withDeliveries(250, 7);

    expect(await all(due())).toEqual(idsOf(rows));
  });

  it('are given once each when more than a page of them is due at the same moment', async () => {
    const { clock, eventLog, rows, due } = await withDeliveries(100, 0);
    const next = aDelivery({ endpointId: ERP, eventId: anEventId(clock), dueAt: later(clock.now(), 1) });
    await eventLog.putDeliveryIfAbsent(next);

    expect(await all(due())).toEqual(idsOf([...rows, next]));
  });

  it('are given once each although they stay in the list', async () => {
    const { rows, due } = await withDeliveries(3, 1_000);
    const deliveries = due();

    expect(await all(deliveries)).toEqual(idsOf(rows));
    expect(await all(deliveries)).toEqual([]);
  });

  it('leave those that messages name unstarted until they are given', async () => {
    const { rows, due } = await withDeliveries(3, 1_000);
    const deliveries = due(rows);

    await deliveries.next(ANY_TIME);

    expect(idsOf(deliveries.unstarted)).toEqual(idsOf(rows.slice(1)));
  });
});

describe('a restart', () => {
  it('gives a delivery again once its dueAt has changed, and those that are new', async () => {
    const { clock, eventLog, rows, due, setDue } = await withDeliveries(3, 1_000);
    const deliveries = due();
    await all(deliveries);
    const [first] = rows;
    if (first === undefined) throw new Error('there should be a row');
    await setDue(first, later(clock.now(), 5_000));
    const added = aDelivery({ endpointId: ERP, eventId: anEventId(clock), dueAt: clock.now() });
    await eventLog.putDeliveryIfAbsent(added);

    expect(deliveries.restart()).toBe(true);
    expect(await all(deliveries)).toEqual(idsOf([added, first]));
  });

  it('is refused once the list has given nothing new', async () => {
    const { due } = await withDeliveries(3, 1_000);
    const deliveries = due();
    await all(deliveries);

    expect(deliveries.restart()).toBe(true);
    expect(await all(deliveries)).toEqual([]);
    expect(deliveries.restart()).toBe(false);
  });

  it('is refused when only messages gave deliveries', async () => {
    const { due } = await withDeliveries(0, 0);
    const deliveries = due([aDelivery({ endpointId: ERP })]);
    await all(deliveries);

    expect(deliveries.restart()).toBe(false);
  });
});

describe('a peek', () => {
  it('shows the longest overdue delivery as far as the list was read, and gives it away to nobody', async () => {
    const { clock, rows, due } = await withDeliveries(3, 1_000);
    const deliveries = due();
    await deliveries.next(later(clock.now(), 1));

    expect(idsOf(await deliveries.peek())).toEqual(idsOf(rows.slice(0, 1)));
    expect(await all(deliveries)).toEqual(idsOf(rows.slice(1)));
  });

  it('shows a delivery that is due now, though the list was not read, and none that is due later', async () => {
    const { clock, rows, due } = await withDeliveries(3, 1_000);
    clock.advance(-1);
    expect(await due().peek()).toEqual([]);

    clock.advance(2);
    expect(idsOf(await due().peek())).toEqual(idsOf(rows.slice(0, 1)));
  });
});

describe('a list that cannot be read', () => {
  it('rejects, and is read again by the next call', async () => {
    const { eventLog, rows, due } = await withDeliveries(2, 1_000);
    vi.spyOn(eventLog, 'owed').mockRejectedValueOnce(new Error('throttled'));
    const deliveries = due();

    await expect(deliveries.next(ANY_TIME)).rejects.toThrow('throttled');
    expect(await all(deliveries)).toEqual(idsOf(rows));
  });
});

describe('a moment at which more is due than a page holds', () => {
  it('gives all of more than a page that is due at the same moment, although the first hundred stay', async () => {
    const clock = new StandingClock();
    const eventLog = new MemoryEventLog(clock);
    for (let n = 0; n < 150; n++)
      await eventLog.putDeliveryIfAbsent(
        aDelivery({ endpointId: ERP, eventId: anEventId(clock), dueAt: clock.now() }),
      );
    const due = new DueDeliveries({ clock, eventLog }, ERP, []);
    let given = 0;
    while ((await due.next(ANY_TIME)) !== undefined) given++;
    expect(given).toBe(150);
  });
});

describe('an event in an endpoint’s list, which a person put there', () => {
  it('is neither returned nor shown by a peek', async () => {
    const { clock, eventLog, due } = await withDeliveries(0, 0);
    const event = { kind: 'event', orderKey: anOrderKey(), eventId: anEventId(clock) } as const;
    vi.spyOn(eventLog, 'owed').mockResolvedValue([{ ...event, owedTo: ERP, dueAt: clock.now() }]);
    const deliveries = due();

    expect(await deliveries.next(ANY_TIME)).toBeUndefined();
    expect(await deliveries.peek()).toEqual([]);
    expect(deliveries.restart()).toBe(false);
  });
});

describe('the reads of an endpoint’s list', () => {
  it('are one for all deliveries of a page, and the next one starts where the page ended', async () => {
    const { eventLog, rows, due } = await withDeliveries(150, 1_000);
    const read = vi.spyOn(eventLog, 'owed');

    await all(due());

    expect(read.mock.calls.map(([, , limit, dueSince]) => [limit, dueSince])).toEqual([
      [100, undefined],
      [100, rows[99]?.dueAt],
      [100, rows[149]?.dueAt],
    ]);
  });

  it('are one when nothing is due', async () => {
    const { eventLog, due } = await withDeliveries(0, 0);
    const read = vi.spyOn(eventLog, 'owed');

    expect(await all(due())).toEqual([]);
    expect(read).toHaveBeenCalledTimes(1);
  });
});
