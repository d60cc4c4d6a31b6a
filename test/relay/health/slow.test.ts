import { describe, expect, it } from 'vitest';
import { aRelay, OK, UNAVAILABLE } from '../a-relay.ts';
import { holdAnswers } from '../deliver/held-answers.ts';
import { fannedOut } from './an-open-circuit.ts';
import { takesMs } from './takes-ms.ts';

describe('a new endpoint', () => {
  it('is not attempted by fan-out but by deliver, at once', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');

    const eventId = await relay.accepted();
    await relay.fanOut();
    expect(relay.sender.requests).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending' });

    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('is attempted by fan-out once it has answered quickly', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await relay.accepted();
    await relay.fanOut();
    await relay.deliver();

    const second = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp').at(-1)).toBe(second);
    expect(await relay.healthOf('erp')).toHaveProperty('provenAt');
  });

  it('is served by sweep when the message for its first delivery was lost', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.deliveryQueue.take();

    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('is left to deliver as long as it has only failed', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 1);
    await relay.deliver();
    const { length } = relay.sender.requests;

    await fannedOut(relay, 1);

    expect(length).toBe(1);
    expect(relay.sender.requests).toHaveLength(1);
  });
});

describe('an endpoint that took longer than two seconds', () => {
  it('is not attempted by fan-out any more', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    takesMs(relay, 'erp', 2_500);
    await relay.accepted();
    await relay.fanOut();
    relay.sender.requests.length = 0;

    await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('provenAt');
  });

  it('is not slow because this process stood still while it answered', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    let delayedMs = 0;
    Object.assign(relay.clock, { delayedMs: () => delayedMs });
    relay.sender.answers.set('erp', async () => {
      relay.clock.advance(3_000);
      delayedMs += 2_900;
      return OK;
    });

    await fannedOut(relay, 2);

    expect(relay.sender.requests).toHaveLength(2);
    expect(await relay.healthOf('erp')).not.toHaveProperty('slowUntil');
  });

  it('is attempted by fan-out again after five minutes and one quick answer to deliver', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    takesMs(relay, 'erp', 2_500);
    await fannedOut(relay, 1);
    relay.sender.answers.delete('erp');

    relay.minutes(6);
    await fannedOut(relay, 1);
    expect(relay.sender.requests).toHaveLength(1);
    await relay.deliver();
    expect(relay.sender.requests).toHaveLength(2);
    await fannedOut(relay, 1);
    expect(relay.sender.requests).toHaveLength(3);
  });

  it('does not delay other endpoints of the same event', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.endpoint('shop');
    holdAnswers(relay, 'erp');

    const eventId = await relay.accepted();
    expect(await relay.fanOut()).toEqual([]);

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending', shop: 'delivered 200 in 0 ms' });
  });
});
