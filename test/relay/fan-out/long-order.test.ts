import { describe, expect, it, vi } from 'vitest';
import { firstEventIdAt } from '../../../lib/relay/model/ids.ts';
import { aRelay, ORDER, SOURCE, UNAVAILABLE } from '../a-relay.ts';

const EVENTS = 10_000;

/** A relay with an order of ten thousand events, a minute apart, all of them long done; and what is read of it. */
async function withLongOrder() {
  const relay = aRelay();
  relay.endpoint('erp');
  const outcomes = { erp: { state: 'delivered', status: 200, durationMs: 20 } };
  for (let n = 0; n < EVENTS; n++) {
    const receivedAt = new Date(relay.clock.now().getTime() - (EVENTS - n) * 60_000);
    const event = { orderKey: ORDER, eventId: firstEventIdAt(receivedAt), source: SOURCE, receivedAt };
    await relay.eventLog.putPayload(event, { body: Buffer.from('{"Id":"1"}') });
    await relay.eventLog.putEvent(event, receivedAt);
    await relay.eventLog.finishFanOut(event, { changes: [], outcomes, fannedOutAt: receivedAt });
  }
  const eventsNewestFirst = relay.eventLog.eventsNewestFirst.bind(relay.eventLog);
  const read = { events: 0 };
  vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementation(async function* (...range) {
    for await (const event of eventsNewestFirst(...range)) {
      read.events++;
      yield event;
    }
  });
  return { relay, read };
}

describe('an order of ten thousand events', () => {
  it('gets one more without being read from its beginning', async () => {
    const { relay, read } = await withLongOrder();

    const eventId = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(read.events).toBeLessThan(10);
  });

  it('is not read from its beginning either when its newest event is attempted again', async () => {
    const { relay, read } = await withLongOrder();
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    read.events = 0;

    relay.clock.advance(6_000);
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, eventId]);
    expect(read.events).toBe(1);
  });

  it('has a backlog of a hundred worked off in their order', async () => {
    const { relay, read } = await withLongOrder();
    const backlog = [];
    for (let n = 0; n < 100; n++) backlog.push(await relay.accepted());

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual(backlog);
    expect(read.events).toBeLessThan(110);
  });
});
