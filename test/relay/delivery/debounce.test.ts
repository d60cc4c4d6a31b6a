import { describe, expect, it } from 'vitest';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import { aRelay } from '../a-relay.ts';

describe('an endpoint that waits until an order is quiet', () => {
  it('gets the newest of a burst alone, once nothing came for so long', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 60 });
    const oldest = await relay.accepted();
    await relay.accepted();
    const newest = await relay.accepted();

    await relay.work();
    expect(relay.sender.requests).toEqual([]);
    expect(await relay.outcomes(newest)).toEqual({
      erp: 'pending: waits until its order is quiet',
    });
    relay.clock.advance(61_000);
    await relay.work();

    expect(relay.sender.eventsTo('erp')).toEqual([newest]);
    expect(await relay.outcomes(oldest)).toEqual({
      erp: 'superseded: a newer event took its place',
    });
  });

  it('waits anew with every event that comes', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 60 });
    await relay.accepted();
    await relay.work();
    relay.clock.advance(40_000);
    const second = await relay.accepted();
    await relay.work();

    relay.clock.advance(40_000);
    await relay.work();
    expect(relay.sender.requests).toEqual([]);
    relay.clock.advance(21_000);
    await relay.work();

    expect(relay.sender.eventsTo('erp')).toEqual([second]);
  });

  it('is woken by sweep when the message is lost', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 60 });
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.clock.advance(60_000);
    relay.deliveryQueue.take();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('keeps no other endpoint waiting', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 900 });
    relay.endpoint('shop');
    const eventId = await relay.accepted();

    await relay.work();

    expect(relay.sender.eventsTo('shop')).toEqual([eventId]);
  });

  it('has the ordering latest: with another one, every event would have to go', () => {
    const parsed = endpointSchema.safeParse({
      id: 'erp',
      url: 'https://erp/',
      ordering: 'strict',
      debounceSeconds: 5,
    });

    expect(parsed.error?.issues).toMatchObject([{ path: ['debounceSeconds'] }]);
  });
});
