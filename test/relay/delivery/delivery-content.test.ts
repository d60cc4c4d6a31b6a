import { describe, expect, it, vi } from 'vitest';
import { readEventAndPayload } from '../../../lib/relay/delivery/delivery-content.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import type { Change, Item } from '../../../lib/relay/model/item-changes.ts';
import { StoreError, UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { aPayload, aPendingDelivery, eventsOf } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const PAYLOAD = aPayload();
const mug = (status: string): readonly Item[] => [{ sku: 'MUG', status }];
const changedMug = (statusFrom: string, statusTo: string): Change => ({
  change: 'changed',
  sku: 'MUG',
  statusFrom,
  statusTo,
});

/** An order with these events, oldest first, and a delivery of one of them. */
async function setUp(parts: readonly Partial<EventRecord>[] = [{}], index = 0) {
  const { relay } = aRelay();
  const events = eventsOf(ORDER, parts.length).map((event, at) => ({ ...event, ...parts[at] }));
  for (const event of events) {
    await relay.eventLog.putPayload(event, PAYLOAD);
    await relay.eventLog.putEvent(event, event.receivedAt);
  }
  const event = events[index] as EventRecord;
  const delivery = aPendingDelivery({ orderKey: ORDER, eventId: event.eventId });
  return { relay, event, delivery };
}

/** The changes that an expression sees. */
async function changesSeen(parts: readonly Partial<EventRecord>[], index: number) {
  const { relay, event, delivery } = await setUp(parts, index);
  const content = await readEventAndPayload(relay, { filter: 'true' }, delivery, event);
  return 'event' in content ? content.event.changes : content;
}

describe('the event and payload of a delivery', () => {
  it('are the stored ones, and nothing is computed for an endpoint without an expression', async () => {
    const { relay, event, delivery } = await setUp([{ items: mug('New') }]);
    const read = vi.spyOn(relay.eventLog, 'eventsNewestFirst');

    const content = await readEventAndPayload(relay, {}, delivery, event);

    expect(content).toEqual({ event, payload: PAYLOAD });
    expect(read).not.toHaveBeenCalled();
  });

  it.each(['filter', 'transform'])('have the changes when the endpoint has a %s', async (expression) => {
    const { relay, event, delivery } = await setUp([{ items: mug('New') }]);

    const content = await readEventAndPayload(relay, { [expression]: 'true' }, delivery, event);

    const changes = [{ change: 'added', sku: 'MUG', statusTo: 'New' }];
    expect(content).toEqual({ event: { ...event, changes, late: false }, payload: PAYLOAD });
  });

  it('say that the delivery is late', async () => {
    const { relay, event, delivery } = await setUp();

    const content = await readEventAndPayload(relay, { filter: 'true' }, { ...delivery, late: true }, event);

    expect(content).toMatchObject({ event: { late: true } });
  });

  it('are missing when the event has expired', async () => {
    const { relay, delivery } = await setUp();

    expect(await readEventAndPayload(relay, {}, delivery, undefined)).toEqual({ missing: 'payload-gone' });
  });

  it('are missing when the payload was erased', async () => {
    const { relay, event, delivery } = await setUp();
    await relay.eventLog.erasePayload(event);

    expect(await readEventAndPayload(relay, {}, delivery, event)).toEqual({ missing: 'payload-gone' });
  });

  it('are missing when the payload row is malformed, and the log names the event', async () => {
    const { relay, event, delivery } = await setUp();
    const error = new UnreadableRowError('no body');
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValue(error);

    expect(await readEventAndPayload(relay, {}, delivery, event)).toEqual({ missing: 'payload-unreadable' });
    expect(relay.telemetry.log).toMatchObject([
      { level: 'error', error, fields: { eventId: event.eventId } },
    ]);
  });

  it('are not missing when the table refuses the read: the error goes on', async () => {
    const { relay, event, delivery } = await setUp();
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValue(new StoreError('throttled'));

    await expect(readEventAndPayload(relay, {}, delivery, event)).rejects.toThrow('throttled');
  });
});

describe('the changes that an expression sees', () => {
  it('are the recorded ones', async () => {
    const changes = [changedMug('Hold', 'Shipped')];

    expect(await changesSeen([{ items: mug('New') }, { items: mug('Shipped'), changes }], 1)).toBe(changes);
  });

  it('are none for a body that is not an order', async () => {
    expect(await changesSeen([{ items: mug('New') }, {}], 1)).toEqual([]);
  });

  it('are computed from the previous event with items', async () => {
    const events = [{ items: mug('New') }, { items: mug('Hold') }, {}, { items: mug('Shipped') }];

    expect(await changesSeen(events, 3)).toEqual([changedMug('Hold', 'Shipped')]);
  });

  it('do not depend on newer events', async () => {
    const events = [{ items: mug('New') }, { items: mug('Hold') }, { items: mug('Shipped') }];

    expect(await changesSeen(events, 1)).toEqual([changedMug('New', 'Hold')]);
  });

  it('are additions for the first event with items', async () => {
    expect(await changesSeen([{}, { items: mug('New') }], 1)).toEqual([
      { change: 'added', sku: 'MUG', statusTo: 'New' },
    ]);
  });
});
