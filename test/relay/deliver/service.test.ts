import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting, OK, REFUSED } from '../a-relay.ts';
import { fannedOut } from '../health/an-open-circuit.ts';
import { takesMs } from '../health/takes-ms.ts';
import { holdAnswers } from './held-answers.ts';

/** A relay with so many deliveries to the unproven endpoint `erp`, and their messages. */
async function withMessages(count: number, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', attributes);
  const events = await fannedOut(relay, count);
  return { relay, events, messages: relay.deliveryQueue.take() };
}

describe.each([
  ['unproven', {}],
  ['proven', { provenAt: '2026-03-01T00:00:00Z', version: 1 }],
])('an endpoint that is %s', (_, health) => {
  it('is served by one invocation at a time: another one makes its deliveries due and ends', async () => {
    const { relay, messages } = await withMessages(3);
    relay.health('erp', { state: 'ok', ...health });
    relay.newEndpoint('shop');
    const erp = holdAnswers(relay, 'erp');
    const [mine, ...others] = messages;
    const first = deliver(relay.another(), mine ? [mine] : [], relay.deadline());
    await everythingIsWaiting();
    relay.clock.advance(10);

    expect(await deliver(relay.another(), others, relay.deadline())).toEqual([]);

    expect(erp.inFlight).toBe(1);
    const now = relay.clock.now();
    const madeDue = { dueAt: after(now, -2_000) };
    expect((await relay.owed('erp')).slice(0, 2)).toMatchObject([madeDue, madeDue]);
    relay.clock.advance(1);
    for (let answers = 0; answers < 3; answers++) await erp.answer();
    await first;
    expect(relay.sender.requests).toHaveLength(3);
  });
});

describe('a service', () => {
  it('goes through the messages’ deliveries, then through the endpoint’s list, oldest first', async () => {
    const { relay, events, messages } = await withMessages(4);
    relay.clock.advance(61_000);

    await deliver(relay.relay, messages.slice(2, 3), relay.deadline());

    const [first, second, third, fourth] = events;
    expect(relay.sender.eventsTo('erp')).toEqual([third, first, second, fourth]);
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('leaves what is not due in the list', async () => {
    const { relay, messages } = await withMessages(4);

    await deliver(relay.relay, messages.slice(0, 1), relay.deadline());

    expect(relay.sender.requests).toHaveLength(1);
  });

  it('sends what another invocation has made due meanwhile', async () => {
    const { relay, events, messages } = await withMessages(3);
    const erp = holdAnswers(relay, 'erp');
    const [mine, ...others] = messages;
    const first = deliver(relay.another(), mine ? [mine] : [], relay.deadline());
    await everythingIsWaiting();
    await deliver(relay.another(), others, relay.deadline());
    relay.clock.advance(10);

    await erp.answer();
    expect(erp.inFlight).toBe(2);
    await erp.answer();
    await first;

    expect(relay.sender.eventsTo('erp')).toEqual(events);
  });

  it('is started by the invocation that made rows due, when the lock was released meanwhile', async () => {
    const { relay, events, messages } = await withMessages(2);
    const other = relay.another();
    const [mine, late] = messages;
    if (mine === undefined || late === undefined) throw new Error('there should be two messages');
    await relay.configTable.updateHealth(
      mine.endpointId,
      {},
      { lockId: 'held', lockedUntil: '2100-01-01T00:00:00Z' },
    );
    const update = other.eventLog.updateDelivery.bind(other.eventLog);
    vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementationOnce(async (...change) => {
      const isWritten = await update(...change);
      await relay.configTable.updateHealth(mine.endpointId, {}, { lockId: null, lockedUntil: null });
      return isWritten;
    });

    await deliver(other, [late], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual(events.slice(1));
  });

  it('releases its lock though an attempt failed', async () => {
    const { relay, messages } = await withMessages(1);
    relay.sender.answers.set('erp', REFUSED);

    await deliver(relay.relay, messages, relay.deadline());

    expect(await relay.healthOf('erp')).not.toHaveProperty('lockId');
  });

  it('releases its lock, and its messages are seen again, when the list cannot be read', async () => {
    const { relay, messages } = await withMessages(1);
    vi.spyOn(relay.eventLog, 'owed').mockRejectedValue(new StoreError('throttled'));

    expect(await deliver(relay.relay, messages, relay.deadline())).toEqual(messages);

    expect(await relay.healthOf('erp')).not.toHaveProperty('lockId');
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ message: 'endpoint could not be served; its messages return to the queue' }),
    );
  });

  it('goes on with the other deliveries when one of them fails on the store', async () => {
    const { relay, events, messages } = await withMessages(3);
    const [bad] = events;
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.eventId === bad ? Promise.reject(new StoreError('throttled')) : payload(key),
    );

    expect(await deliver(relay.relay, messages, relay.deadline())).toEqual([]);

    expect(relay.sender.eventsTo('erp')).toEqual(events.slice(1));
    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(await relay.owed('erp')).toMatchObject([{ eventId: bad }]);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({
        message: 'delivery failed; sweep enqueues it again',
        fields: { eventId: bad, endpointId: 'erp' },
      }),
    );
  });

  it('starts after the lock of an invocation that died has expired', async () => {
    const { relay, events, messages } = await withMessages(2);
    const [one, other] = messages;
    if (one === undefined || other === undefined) throw new Error('there should be two messages');
    relay.sender.answers.set('erp', () => new Promise(() => {}));
    void deliver(relay.another(), [one], relay.deadline());
    await everythingIsWaiting();
    relay.sender.answers.set('erp', OK);

    // The invocation had 120 s, and the lock outlives it by 5 s.
    relay.clock.advance(124_999);
    await deliver(relay.another(), [other], relay.deadline());
    expect(relay.sender.requests).toHaveLength(1);

    relay.clock.advance(1);
    await deliver(relay.another(), [other], relay.deadline());
    expect(new Set(relay.sender.eventsTo('erp').slice(1))).toEqual(new Set(events));
  });

  it('brings every event to an endpoint that always takes five seconds', async () => {
    const { relay, events, messages } = await withMessages(50, { ordering: 'none' });
    takesMs(relay, 'erp', 5_000);

    await relay.deliveryQueue.send(messages);
    await relay.run(10);

    expect(relay.sender.eventsTo('erp').sort()).toEqual(events);
    expect(await relay.owed('erp')).toEqual([]);
  });
});

describe('a delivery that another function makes due', () => {
  it('serves a delivery made due by a function whose clock is two seconds ahead', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    await fannedOut(relay, 2);
    const [mine, other] = relay.deliveryQueue.take();
    if (!mine || !other) throw new Error('two');
    const erp = holdAnswers(relay, 'erp');
    const first = deliver(relay.another(), [mine], relay.deadline());
    await everythingIsWaiting();
    const ahead = {
      ...relay.another(),
      clock: {
        now: () => after(relay.clock.now(), 1_500),
        monotonicMs: () => relay.clock.monotonicMs(),
        sleep: (ms: number) => relay.clock.sleep(ms),
      },
    };
    await deliver(ahead, [other], relay.deadline());
    relay.clock.advance(500);
    await erp.answer();
    await erp.answer();
    await first;
    expect(relay.sender.requests).toHaveLength(2);
  });
});
