import { describe, expect, it } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { nextEventId } from '../../../lib/relay/model/ids.ts';
import { aRelay, ORDER, SOURCE } from '../a-relay.ts';
import { takesMs } from '../health/takes-ms.ts';

/** An event whose ingest was slow: a newer one of its order was fanned out before it was stored. */
async function withLateEvent(endpoints: Record<string, Record<string, unknown>>) {
  const relay = aRelay();
  for (const [id, attributes] of Object.entries(endpoints)) relay.endpoint(id, attributes);
  const eventId = nextEventId(relay.clock, Math.random, undefined);
  const receivedAt = relay.clock.now();
  relay.clock.advance(10);
  const newer = await relay.accepted();
  await relay.fanOut();
  const late = { orderKey: ORDER, eventId, source: SOURCE, orderId: '1', receivedAt };
  await relay.eventLog.putPayload(late, { body: Buffer.from('{}') });
  await relay.eventLog.putEvent(late, receivedAt);
  relay.sender.requests.length = 0;
  await fanOut(relay.relay, [late]);
  return { relay, late: eventId, newer };
}

describe('an event that is late', () => {
  it('is not sent inline: deliver decides by all that is known of the order', async () => {
    const { relay, late } = await withLateEvent({ erp: {}, log: { ordering: 'none' } });

    expect(relay.sender.requests).toEqual([]);
    const [row] = await relay.rows();
    expect(row).not.toHaveProperty('possiblyDeliveredAt');

    await relay.deliver();
    expect(relay.sender.eventsTo('log')).toEqual([late]);
    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(await relay.outcomes(late)).toEqual({
      erp: 'superseded: a newer event took its place',
      log: 'delivered 200 in 0 ms',
    });
  });

  it('is marked as late for an endpoint ordered `strict`', async () => {
    const { relay, late } = await withLateEvent({ erp: { ordering: 'strict' } });

    await relay.deliver();

    expect(await relay.outcomes(late)).toEqual({ erp: 'delivered 200 in 0 ms, late' });
  });
});

describe('an order whose inline attempts have taken five seconds', () => {
  it('has its further events sent by deliver', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    takesMs(relay, 'erp', 1_900);
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await relay.accepted());

    expect(await relay.fanOut()).toEqual([]);

    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(0, 3));
    expect(await relay.rows()).toMatchObject(
      ids.slice(3).map((eventId) => ({ eventId, state: 'pending', attemptCount: 0 })),
    );
    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual(ids);
  });

  it('comes back in a later batch when its events take more than 15 seconds', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const first = await relay.accepted();
    const second = await relay.accepted();
    const messages = relay.eventQueue.take();
    takesMs(relay, 'erp', 15_001);

    expect(await fanOut(relay.relay, messages)).toEqual(messages);

    expect(relay.sender.eventsTo('erp')).toEqual([first]);
    expect((await relay.event(second)).fannedOutAt).toBeUndefined();
  });
});

describe('a delivery that is dead after its first attempt', () => {
  it('is counted, so that an alarm tells of it', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 1 });
    relay.sender.answers.set('erp', { kind: 'answer', status: 400, text: 'no' });
    await relay.accepted();

    await relay.work();

    expect(relay.telemetry.counts.get('DeliveriesDead')).toBe(1);
  });
});
