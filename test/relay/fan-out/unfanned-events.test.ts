import { describe, expect, it, vi } from 'vitest';
import { eventsToFanOut } from '../../../lib/relay/fan-out/unfanned-events.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { firstEventIdAt } from '../../../lib/relay/model/ids.ts';
import { aRelay, ORDER, SOURCE } from '../a-relay.ts';
import { seconds } from '../attempts.ts';

interface Entry extends Partial<EventRecord> {
  /** Seconds after noon. */
  readonly at: number;
  readonly isFannedOut?: boolean;
}

/** An order with these events, and a message that names the event at `named`. */
async function unfanned(entries: readonly Entry[], named: number) {
  const { relay } = aRelay();
  const read: number[] = [];
  const events = entries.map(({ at, isFannedOut, ...parts }) => ({
    at,
    orderKey: ORDER,
    eventId: firstEventIdAt(seconds(at)),
    source: SOURCE,
    receivedAt: seconds(at),
    ...(isFannedOut && { fannedOutAt: seconds(at) }),
    ...parts,
  }));
  vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementation(async function* () {
    for (const { at, ...event } of events.toReversed()) {
      read.push(at);
      yield event;
    }
  });
  const message = { orderKey: ORDER, eventId: firstEventIdAt(seconds(named)) };
  const backlog = await eventsToFanOut(relay, ORDER, [message]);
  const atOf = (moment: Date) => (moment.getTime() - seconds(0).getTime()) / 1_000;
  return {
    read,
    raw: backlog,
    backlog: backlog.map(({ event, before, previousSnapshot, ...rest }) => ({
      at: atOf(event.receivedAt),
      ...rest,
      itemsBefore: previousSnapshot?.items ?? [],
      ...(before && { before: events.find(({ eventId }) => eventId === before.eventId)?.at }),
    })),
  };
}

const done = (at: number, parts: Partial<EventRecord> = {}): Entry => ({ at, isFannedOut: true, ...parts });
const NEW = [{ sku: 'MUG', status: 'New' }];
const SHIPPED = [{ sku: 'MUG', status: 'Shipped' }];

describe('the events of an order that are not fanned out', () => {
  it('are returned oldest first, each id of the order with the first event that has it', async () => {
    const [niceId, orderId] = ['Magic7-501', '7-501Ab'];
    const { backlog } = await unfanned(
      [
        { at: 0, orderId },
        { at: 1, orderId, niceId },
      ],
      1,
    );

    expect(backlog).toEqual([
      { at: 0, newIds: [orderId], isLate: false, itemsBefore: [] },
      { at: 1, newIds: [niceId], isLate: false, itemsBefore: [], before: 0 },
    ]);
  });

  it('have no previous event when they are the first', async () => {
    const { raw } = await unfanned([{ at: 0 }], 0);

    expect(raw[0]).not.toHaveProperty('before');
  });

  it('are none when all are fanned out', async () => {
    expect((await unfanned([done(0), done(1)], 1)).backlog).toEqual([]);
  });

  it('have no new id after an event with the same id that is fanned out', async () => {
    const niceId = 'Magic7-501';
    const { backlog } = await unfanned([done(0, { niceId }), { at: 1, niceId }], 1);

    expect(backlog).toMatchObject([{ at: 1, newIds: [], before: 0 }]);
  });

  it('name the previous snapshot, and pass over events without one', async () => {
    const empty = { orderId: '1', noSnapshot: 'empty' } as const;
    const { backlog } = await unfanned([done(0, { items: NEW }), done(1, empty), { at: 2 }], 2);

    expect(backlog).toMatchObject([{ at: 2, before: 0, itemsBefore: NEW }]);
  });

  it('are late only when a newer event is fanned out', async () => {
    const { backlog } = await unfanned([done(0), { at: 1 }, done(2), { at: 3 }], 3);

    expect(backlog).toMatchObject([
      { at: 1, isLate: true },
      { at: 3, isLate: false },
    ]);
  });

  it('have the items of the newest older event that has items', async () => {
    const { backlog } = await unfanned(
      [done(0, { items: NEW }), done(1), { at: 2, items: SHIPPED }, { at: 3 }, { at: 4 }],
      4,
    );

    expect(backlog).toMatchObject([
      { at: 2, itemsBefore: NEW, before: 1 },
      { at: 3, itemsBefore: SHIPPED, before: 2 },
      { at: 4, itemsBefore: SHIPPED, before: 3 },
    ]);
  });
});

describe('the read of an order’s events', () => {
  it('stops at an event that is fanned out and a minute older than the named one', async () => {
    const { read } = await unfanned([done(0), done(39), done(40), { at: 100 }], 100);

    expect(read).toEqual([100, 40, 39]);
  });

  it('goes on past events of the last minute: a slow ingest may have written an older row', async () => {
    const { read, backlog } = await unfanned([{ at: 70 }, done(80), { at: 100 }], 100);

    expect(read).toEqual([100, 80, 70]);
    expect(backlog).toMatchObject([{ at: 70 }, { at: 100 }]);
  });

  it('goes on past older events that are not fanned out', async () => {
    const { read } = await unfanned([done(0), done(1), { at: 2 }, { at: 100 }], 100);

    expect(read).toEqual([100, 2, 1]);
  });

  it('goes on to the snapshot before, when the newest older event is not an order', async () => {
    const { read, backlog } = await unfanned(
      [done(0), done(1, { items: NEW }), done(2), { at: 100, items: SHIPPED }],
      100,
    );

    expect(read).toEqual([100, 2, 1]);
    expect(backlog).toMatchObject([{ at: 100, itemsBefore: NEW, before: 2 }]);
  });

  it('does not go on for an event that is not an order itself', async () => {
    const { read } = await unfanned([done(0, { items: NEW }), done(1), { at: 100 }], 100);

    expect(read).toEqual([100, 1]);
  });

  it('goes back to the oldest event that a message names', async () => {
    const { relay } = aRelay();
    const ids = [0, 200, 400].map((at) => firstEventIdAt(seconds(at)));
    const yielded: string[] = [];
    vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementation(async function* () {
      for (const eventId of ids.toReversed()) {
        yielded.push(eventId);
        const receivedAt = after(seconds(0), 0);
        yield { orderKey: ORDER, eventId, source: SOURCE, receivedAt, fannedOutAt: receivedAt };
      }
    });

    await eventsToFanOut(
      relay,
      ORDER,
      ids.slice(1).map((eventId) => ({ orderKey: ORDER, eventId })),
    );

    expect(yielded).toEqual(ids.toReversed());
  });
});
