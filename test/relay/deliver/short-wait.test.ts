/** An endpoint that asks for a wait of less than a minute, with 429 or 503 and `retry-after`. */
import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, OK } from '../a-relay.ts';
import { type ARelay, fannedOut } from '../health/an-open-circuit.ts';
import { whileTimePasses } from '../while-time-passes.ts';

const ERP = anEndpointId('erp');

const asksFor = (seconds: number): SendResult => ({
  kind: 'answer',
  status: 429,
  text: 'busy',
  retryAfter: `${seconds}`,
});

/** As many orders for `erp`, which gives these answers and then 200; and when each request came, after this moment. */
async function withMessages(orders: number, ...answers: readonly SendResult[]) {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none' });
  const events = await fannedOut(relay, orders);
  const startMs = relay.clock.monotonicMs();
  const requestedMs: number[] = [];
  const rest = [...answers];
  relay.sender.answers.set('erp', async () => {
    requestedMs.push(relay.clock.monotonicMs() - startMs);
    return rest.shift() ?? OK;
  });
  return { relay, events, requestedMs, messages: relay.deliveryQueue.take() };
}

/** @returns how long the invocation took */
async function serve(relay: ARelay, keys: readonly DeliveryKey[]): Promise<number> {
  const startMs = relay.clock.monotonicMs();
  await whileTimePasses(relay, deliver(relay.another(), keys, relay.deadline()), 100);
  return relay.clock.monotonicMs() - startMs;
}

describe('a service whose endpoint asks for a short wait', () => {
  it('repeats the request after the wait, and then sends one request a second', async () => {
    const { relay, events, requestedMs, messages } = await withMessages(3, asksFor(5));

    await serve(relay, messages);

    expect(relay.sender.eventsTo('erp')).toEqual([events[0], ...events]);
    expect(requestedMs).toEqual([0, 5_000, 6_000, 7_000]);
  });

  it('does not wait when nothing is left to send', async () => {
    const { relay, requestedMs, messages } = await withMessages(1, asksFor(5));

    expect(await serve(relay, messages)).toBe(5_000);

    expect(requestedMs).toEqual([0, 5_000]);
  });

  it.each([
    ['sends a delivery that becomes due while it waits', 900, [0, 5_000, 6_000]],
    ['leaves a delivery that becomes due after its wait', 1_100, [0, 5_000]],
  ])('%s', async (_, dueMs, expected) => {
    const { relay, requestedMs, messages } = await withMessages(2, asksFor(5));
    const [first, second] = messages;
    if (first === undefined || second === undefined) throw new Error('there should be two messages');
    const dueAt = laterBy(relay.clock.now(), 5_000 + dueMs);
    await relay.eventLog.updateDelivery(second, { state: 'pending', leaseId: undefined }, { dueAt });

    await serve(relay, [first]);

    expect(requestedMs).toEqual(expected);
  });

  it.each([10, 30])(
    'ends when its time would be over after %d s, and one message continues it then',
    async (s) => {
      const { relay, events, messages } = await withMessages(3, asksFor(s));

      expect(await serve(relay, messages)).toBe(0);

      expect(relay.sender.requests).toHaveLength(1);
      expect(relay.deliveryQueue.take()).toEqual([]);
      relay.clock.advance(s * 1_000);
      const continued = relay.deliveryQueue.take();
      expect(continued).toContainEqual(expect.objectContaining({ eventId: events[0], delaySeconds: s }));
      await serve(relay, continued.slice(0, 1));
      expect(new Set(relay.sender.eventsTo('erp'))).toEqual(new Set(events));
    },
  );

  it('makes a request as soon as the wait is over for which another function was asked', async () => {
    const { relay, requestedMs, messages } = await withMessages(1);
    const busyUntil = laterBy(relay.clock.now(), 3_000).toISOString();
    relay.health('erp', { state: 'ok', busyUntil, version: 1 });

    await serve(relay, messages);

    // The clocks of two functions differ by up to two seconds.
    expect(requestedMs).toEqual([5_000]);
  });

  it('sends a prepared delivery after the wait that the endpoint asked for meanwhile', async () => {
    const { relay, requestedMs, messages } = await withMessages(1);
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementationOnce(async (key) => {
      const busyUntil = laterBy(relay.clock.now(), 1_000);
      await relay.config.health.change(ERP, (health) => ({ ...health, busyUntil }));
      return payload(key);
    });

    await whileTimePasses(relay, deliver(relay.relay, messages, relay.deadline()), 100);

    // The clocks of two functions differ by up to two seconds.
    expect(requestedMs).toEqual([3_000]);
  });

  it('is continued after a wait for which another function was asked, though it made no request', async () => {
    const { relay, events, messages } = await withMessages(2);
    const busyUntil = laterBy(relay.clock.now(), 30_000).toISOString();
    relay.health('erp', { state: 'ok', busyUntil, version: 1 });

    expect(await serve(relay, messages)).toBe(0);

    expect(relay.sender.requests).toEqual([]);
    relay.clock.advance(32_000);
    expect(relay.deliveryQueue.take()).toMatchObject([{ eventId: events[0], delaySeconds: 32 }]);
  });
});
