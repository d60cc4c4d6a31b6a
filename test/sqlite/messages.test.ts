import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { aDelivery, anEvent } from '../ports/builders.ts';
import { useSqlite } from './stores.ts';

const sqlite = useSqlite();

function make() {
  const relay = sqlite.open();
  const operator = sqlite.open({ file: relay.file, mode: 'operate' });
  return { relay, operator };
}

const event = anEvent();
const eventKey = { orderKey: event.orderKey, eventId: event.eventId };
const delivery = aDelivery();
const deliveryMessage = {
  orderKey: delivery.orderKey,
  eventId: delivery.eventId,
  endpointId: delivery.endpointId,
  delaySeconds: 7,
};

describe('messages of another process', () => {
  it('arrive, oldest first, and are taken once', async () => {
    const { relay, operator } = make();
    await operator.messages.eventQueue.send(event);
    expect(await operator.messages.deliveryQueue.send([deliveryMessage])).toEqual([]);
    expect(await operator.messages.eventQueue.enqueueAgain([event])).toEqual([]);

    expect(relay.messages.haveArrived()).toBe(true);
    expect(await relay.messages.take(2)).toEqual([
      { queue: 'event', ...eventKey },
      { queue: 'delivery', ...deliveryMessage },
    ]);
    expect(relay.messages.haveArrived()).toBe(true);
    expect(await relay.messages.take(2)).toEqual([{ queue: 'event', ...eventKey }]);
    expect(relay.messages.haveArrived()).toBe(false);
    expect(await relay.messages.take(2)).toEqual([]);
  });

  it('are found that were written before the relay started', async () => {
    const { operator } = make();
    await operator.messages.eventQueue.send(event);

    expect(sqlite.open({ file: operator.file }).messages.haveArrived()).toBe(true);
  });

  it('are not expected after a write of the relay itself, or another write of the operator', async () => {
    const { relay, operator } = make();
    expect(relay.messages.haveArrived()).toBe(false);

    await relay.eventLog.putEvent(event, relay.clock.now());
    expect(relay.messages.haveArrived()).toBe(false);
    await operator.configWriter.add('source', 'main', {});
    expect(relay.messages.haveArrived()).toBe(false);
  });

  it('are given back to the operator when they cannot be written', async () => {
    const { operator } = make();
    await operator.close();

    expect(await operator.messages.deliveryQueue.send([deliveryMessage])).toEqual([deliveryMessage]);
    expect(await operator.messages.eventQueue.enqueueAgain([event])).toEqual([event]);
    await expect(operator.messages.eventQueue.send(event)).rejects.toThrow('the store is closed');
    expect(operator.telemetry.log.map(({ level }) => level)).toEqual(['error', 'error']);
  });

  it('contain keys only', async () => {
    const { operator } = make();
    const fullEvent = { event, payload: { body: Buffer.from('{}') } };

    await expect(operator.messages.eventQueue.send({ ...eventKey, fullEvent })).rejects.toThrow('keys only');
  });

  it('are passed over, with a warning, when a person wrote them in another form', async () => {
    const { relay, operator } = make();
    const database = new DatabaseSync(relay.file);
    const insert = database.prepare('INSERT INTO message (queue, body, sentAt) VALUES (?, ?, ?)');
    for (const [queue, body] of [
      ['event', 'no JSON'],
      ['event', '{"orderKey":"main/1","eventId":"evt_1"}'],
      ['other', JSON.stringify(eventKey)],
      ['delivery', JSON.stringify({ ...deliveryMessage, delaySeconds: -1 })],
    ] as const)
      insert.run(queue, body, '');
    database.close();
    await operator.messages.eventQueue.send(event);

    expect(await relay.messages.take(10)).toEqual([{ queue: 'event', ...eventKey }]);
    expect(relay.telemetry.log.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'warn']);
  });
});
