import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { Deadline, after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { aRelay, everythingIsWaiting, OK, SOURCE, UNAVAILABLE } from '../a-relay.ts';
import { type ARelay, fannedOut } from '../health/an-open-circuit.ts';
import { holdAnswers } from './held-answers.ts';

const orderOf = (id: string) => orderKeyOf(SOURCE, id);

/** A relay with so many orders for `erp`, and their messages. */
async function withMessages(orders: number, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none', ...attributes });
  const events = await fannedOut(relay, orders);
  return { relay, events, messages: relay.deliveryQueue.take() };
}

/** Runs deliver on the messages; its first requests are answered at once, so many, and those after them take ten seconds. */
async function serveForTenSeconds(relay: ARelay, messages: readonly DeliveryKey[], quickAnswers = 0) {
  const erp = holdAnswers(relay, 'erp');
  const running = deliver(relay.relay, messages, relay.deadline());
  await everythingIsWaiting();
  for (let answers = 0; answers < quickAnswers; answers++) await erp.answer(OK, 1);
  relay.clock.advance(10_000);
  await erp.answer();
  relay.sender.answers.delete('erp');
  return running;
}

describe('a service that has lasted ten seconds', () => {
  it('starts no further request, and one message continues it', async () => {
    const { relay, events, messages } = await withMessages(20);

    expect(await serveForTenSeconds(relay, messages)).toEqual([]);

    expect(relay.sender.eventsTo('erp')).toEqual(events.slice(0, 1));
    expect(relay.deliveryQueue.take()).toMatchObject([{ eventId: events[1], delaySeconds: 0 }]);
  });

  it('makes the deliveries due that its messages named, for the service that continues it', async () => {
    const { relay, events, messages } = await withMessages(20);

    await serveForTenSeconds(relay, messages);

    const dueAt = laterBy(relay.clock.now(), -2_000);
    expect(await relay.owed('erp')).toMatchObject(events.slice(1).map((eventId) => ({ eventId, dueAt })));
  });

  it.each([
    ['after it has read the list', 1, 3],
    ['before it could read the list', 0, 1],
  ])(
    'is continued with the oldest of the list when its messages named no other delivery: %s',
    async (_, quickAnswers, sent) => {
      const { relay, events, messages } = await withMessages(20);
      relay.clock.advance(61_000);

      await serveForTenSeconds(relay, messages.slice(0, 1), quickAnswers);

      expect(relay.sender.eventsTo('erp')).toEqual(events.slice(0, sent));
      expect(relay.deliveryQueue.take()).toMatchObject([{ eventId: events[sent], delaySeconds: 0 }]);
    },
  );

  it('passes on how many requests may be in flight', async () => {
    const { relay, messages } = await withMessages(20);

    await serveForTenSeconds(relay, messages, 2);

    // Five requests were answered.
    expect(await relay.healthOf('erp')).toMatchObject({ inFlightLimit: 6 });
    relay.clock.advance(1);
    const erp = holdAnswers(relay, 'erp');
    const next = relay.deliver();
    await everythingIsWaiting();
    expect(erp.inFlight).toBe(6);
    while (erp.inFlight > 0) await erp.answer();
    await next;
  });

  it('delays the message until the rate limit allows the next request', async () => {
    const { relay, messages } = await withMessages(20, { rateLimitPerSecond: 0.05 });

    await serveForTenSeconds(relay, messages);

    expect(relay.deliveryQueue.take()).toEqual([]);
    relay.clock.advance(10_000);
    expect(relay.deliveryQueue.take()).toMatchObject([{ delaySeconds: 10 }]);
  });

  it('is continued by sweep when the message is lost', async () => {
    const { relay, events, messages } = await withMessages(20);
    await serveForTenSeconds(relay, messages);
    relay.deliveryQueue.take();

    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual(events);
  });
});

describe('a service that has done all', () => {
  it('sends no message', async () => {
    const { relay, messages } = await withMessages(3);

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it.each([
    ['as many requests in flight as it reached, soon afterwards', 0, 4],
    ['one request in flight, a minute later', 60_000, 1],
  ])('is followed by one that starts with %s', async (_, elapsedMs, inFlight) => {
    const { relay, messages } = await withMessages(8);
    await deliver(relay.relay, messages.slice(0, 3), relay.deadline());
    relay.clock.advance(elapsedMs);
    const erp = holdAnswers(relay, 'erp');

    const next = deliver(relay.relay, messages.slice(3), relay.deadline());
    await everythingIsWaiting();

    expect(erp.inFlight).toBe(inFlight);
    while (erp.inFlight > 0) await erp.answer();
    await next;
  });
});

describe('a service that made no attempt', () => {
  it('sends no message when its deadline is too short: sweep continues it', async () => {
    const { relay, events, messages } = await withMessages(2);
    relay.clock.advance(10);

    expect(await deliver(relay.relay, messages, new Deadline(relay.clock, 5_000))).toEqual([]);

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(await relay.owed('erp')).toMatchObject(
      events.map((eventId) => ({ eventId, dueAt: laterBy(relay.clock.now(), -2_000) })),
    );
    await relay.run(1);
    expect(relay.sender.eventsTo('erp')).toEqual(events);
  });

  it('does not extend the time for which the requests in flight of an earlier one are good', async () => {
    const { relay, messages } = await withMessages(1);
    const inFlight = { inFlightLimit: 6, inFlightUntil: laterBy(relay.clock.now(), 10_000).toISOString() };
    relay.health('erp', { state: 'ok', version: 1, ...inFlight });
    relay.newEndpoint('erp', { state: 'paused' });

    await deliver(relay.another(), messages, relay.deadline());

    expect(await relay.healthOf('erp')).toMatchObject(inFlight);
  });

  it('sends no message when the rate limit allows no request for ten seconds', async () => {
    const { relay, messages } = await withMessages(2, { rateLimitPerSecond: 0.01 });
    relay.health('erp', {
      state: 'ok',
      nextSendAt: new Date(relay.clock.now().getTime() + 60_000).toISOString(),
    });

    await deliver(relay.another(), messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('sends no message when the endpoint is paused', async () => {
    const { relay, messages } = await withMessages(3);
    relay.newEndpoint('erp', { state: 'paused' });

    await deliver(relay.another(), messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('lockId');
  });
});

describe('a service whose time is over', () => {
  it.each<[string, (relay: ARelay) => void]>([
    ['is failing', (relay) => relay.health('erp', failing(relay))],
    ['was paused', (relay) => relay.newEndpoint('erp', { ordering: 'none', state: 'paused' })],
    ['has an invalid row', (relay) => relay.newEndpoint('erp', { url: 'htps:/typo' })],
  ])('sends no message when its endpoint %s by now: nothing can be sent', async (_, change) => {
    const { relay, messages } = await withMessages(3);
    relay.sender.answers.set('erp', async () => {
      change(relay);
      relay.clock.advance(11_000);
      return UNAVAILABLE;
    });

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toHaveLength(1);
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('is continued when it cancelled deliveries: others wait', async () => {
    const { relay, events, messages } = await withMessages(3);
    relay.newEndpoint('erp', { state: 'disabled' });
    relay.clock.advance(61_000);
    const update = relay.eventLog.updateDelivery.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementationOnce(async (...change) => {
      const isWritten = await update(...change);
      relay.clock.advance(10_000);
      return isWritten;
    });

    await deliver(relay.another(), messages.slice(0, 1), relay.deadline());

    const continued = relay.deliveryQueue.take();
    expect(continued).toMatchObject([{ delaySeconds: 0 }]);
    await deliver(relay.another(), continued, relay.deadline());
    const outcomes = await Promise.all(events.map((id, n) => relay.outcomes(id, orderOf(`o${n}`))));
    expect(outcomes).toEqual(events.map(() => ({ erp: 'cancelled: endpoint is disabled' })));
  });
});

/** Another function found it failing. */
function failing({ clock }: ARelay): Record<string, unknown> {
  const retryAt = laterBy(clock.now(), 60_000).toISOString();
  return { state: 'failing', consecutiveFailures: 5, retryAt, probeIntervalSeconds: 60, version: 9 };
}

describe('a service whose endpoint starts to fail', () => {
  it('ends without a message: the deliveries are parked until a probe succeeds', async () => {
    const { relay, messages } = await withMessages(12);
    relay.sender.answers.set('erp', UNAVAILABLE);

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toHaveLength(5);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing' });
    expect(relay.deliveryQueue.take()).toEqual([]);
  });
});
