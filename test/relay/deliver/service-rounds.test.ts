/** How one service goes through its messages and the endpoint's list, with several requests in flight. */
import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting, OK, UNAVAILABLE } from '../a-relay.ts';
import { type ARelay, fannedOut } from '../health/an-open-circuit.ts';
import { holdAnswers } from './held-answers.ts';

/** As many orders for `erp`, and their messages. The next service may have three requests in flight. */
async function withMessages(orders: number, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none', ...attributes });
  const events = await fannedOut(relay, orders);
  startsWithThree(relay);
  return { relay, events, messages: relay.deliveryQueue.take() };
}

function startsWithThree(relay: ARelay): void {
  const inFlightUntil = laterBy(relay.clock.now(), 50_000).toISOString();
  relay.health('erp', { state: 'ok', inFlightLimit: 3, inFlightUntil, version: 1 });
}

describe('a service', () => {
  it('goes through the list again: a retry of a delivery from the list was made due meanwhile', async () => {
    const { relay, events, messages } = await withMessages(3);
    relay.health('erp', { state: 'ok', version: 1 });
    relay.clock.advance(61_000);
    const [failed, named, slow] = events;
    relay.sender.answers.set('erp', async ({ headers }) => {
      const isFirst = relay.sender.requests.length <= 2;
      if (headers['webhook-id'] === failed && isFirst) return UNAVAILABLE;
      if (headers['webhook-id'] === slow) {
        await everythingIsWaiting();
        relay.clock.advance(7_000);
        await deliver(relay.another(), relay.deliveryQueue.take(), relay.deadline());
      }
      return OK;
    });

    await deliver(relay.relay, messages.slice(1, 2), relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([named, failed, slow, failed]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('sends a delivery that was made due while its last request was in flight', async () => {
    const { relay, events, messages } = await withMessages(2);
    const erp = holdAnswers(relay, 'erp');
    const running = deliver(relay.another(), messages.slice(0, 1), relay.deadline());
    await everythingIsWaiting();
    await deliver(relay.another(), messages.slice(1), relay.deadline());

    await erp.answer();

    expect(relay.sender.eventsTo('erp')).toEqual(events);
    await erp.answer();
    await running;
  });

  it('waits for the requests in flight before it rejects', async () => {
    const { relay, messages } = await withMessages(1);
    const erp = holdAnswers(relay, 'erp');
    vi.spyOn(relay.eventLog, 'owed').mockRejectedValue(new StoreError('throttled'));
    let hasEnded = false;
    const running = deliver(relay.relay, messages, relay.deadline()).finally(() => {
      hasEnded = true;
    });
    await everythingIsWaiting();
    expect(hasEnded).toBe(false);

    await erp.answer();

    expect(await running).toEqual(messages);
    expect(await relay.rows(messages[0]?.orderKey)).toMatchObject([{ state: 'delivered' }]);
  });

  it('sends deliveries of one order at the same time with the ordering `none`', async () => {
    const { relay } = await withMessages(0);
    const events = [await relay.accepted(), await relay.accepted()];
    await relay.fanOut();
    const erp = holdAnswers(relay, 'erp');

    const running = relay.deliver();
    await everythingIsWaiting();

    expect(relay.sender.eventsTo('erp')).toEqual(events);
    expect(erp.inFlight).toBe(2);
    await erp.answer();
    await running;
  });

  it.each(['latest', 'strict'])(
    'sends a newer event once the older one of its order is answered: ordering `%s`',
    async (ordering) => {
      const { relay, events, messages } = await withMessages(2, { ordering });
      const erp = holdAnswers(relay, 'erp');
      const running = deliver(relay.another(), messages.toReversed(), relay.deadline());
      await everythingIsWaiting();
      const newer = await relay.accepted({ Id: 'o0' });
      await relay.fanOut();
      relay.clock.advance(2_000);
      await deliver(relay.another(), relay.deliveryQueue.take(), relay.deadline());

      // The answer for the other order: now the service finds the newer event in the list.
      await erp.answer(OK, 1);
      expect(erp.inFlight).toBe(1);
      await erp.answer(OK, 1);

      expect(relay.sender.eventsTo('erp')).toEqual([...events.toReversed(), newer]);
      await erp.answer();
      await running;
    },
  );

  it('writes no health of an endpoint that goes on answering quickly', async () => {
    const { relay, messages } = await withMessages(2);
    relay.endpoint('erp', { ordering: 'none' });

    await deliver(relay.another(), messages, relay.deadline());

    expect(relay.sender.requests).toHaveLength(2);
    expect(await relay.healthOf('erp')).toMatchObject({ version: 1 });
  });

  it('sends what an endpoint that answers again failed before, though it is not due', async () => {
    const { relay, events, messages } = await withMessages(2);
    relay.sender.answers.set('erp', UNAVAILABLE);
    await deliver(relay.relay, messages.slice(0, 1), relay.deadline());
    relay.sender.answers.delete('erp');
    relay.clock.advance(1);
    relay.health('erp', { state: 'ok', recoveredAt: relay.clock.now().toISOString(), version: 9 });

    await deliver(relay.another(), messages.slice(1), relay.deadline());

    expect(relay.sender.eventsTo('erp').slice(1)).toEqual(events.toReversed());
    expect(await relay.healthOf('erp')).not.toHaveProperty('recoveredAt');
  });
});

describe('a service whose endpoint is disabled', () => {
  it('cancels the deliveries of 25 orders at the same time', async () => {
    const { relay, messages } = await withMessages(30);
    relay.newEndpoint('erp', { state: 'disabled' });
    const read = relay.eventLog.deliveries.bind(relay.eventLog);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const reads = vi.spyOn(relay.eventLog, 'deliveries').mockImplementation(async (...input) => {
      await released;
      return read(...input);
    });

    const running = deliver(relay.another(), messages.slice(0, 1), relay.deadline());
    await everythingIsWaiting();

    expect(reads).toHaveBeenCalledTimes(25);
    release();
    await running;
    expect(await relay.owed('erp')).toEqual([]);
  });
});

describe('a service that can make no more requests', () => {
  it('reads no other order when its time is over', async () => {
    const { relay, messages } = await withMessages(20);
    relay.health('erp', { state: 'ok', version: 1 });
    relay.sender.answers.set('erp', async () => {
      relay.clock.advance(10_000);
      return OK;
    });
    const read = vi.spyOn(relay.eventLog, 'payload');

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toHaveLength(1);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('reads one other order when the rate limit allows the next request too late', async () => {
    const { relay, messages } = await withMessages(20, { rateLimitPerSecond: 0.05 });
    const read = vi.spyOn(relay.eventLog, 'payload');

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toHaveLength(1);
    expect(read).toHaveBeenCalledTimes(2);
  });
});
