import { describe, expect, it, vi } from 'vitest';
import { deliverOrder, type OrderWork } from '../../../lib/relay/deliver/deliver-order.ts';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type {
  Attempt,
  Delivery,
  DeliveryAttributes,
  PendingDelivery,
} from '../../../lib/relay/model/delivery.ts';
import type { EventId } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aDelivery, anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER, REFUSED, UNAVAILABLE } from '../a-relay.ts';
import { NOON } from '../attempts.ts';

const ERP = anEndpointId('erp');
const HOUR_MS = 3_600_000;

/** Fanned-out events of one order, oldest first, each with a delivery row to `erp` that is due now. */
async function setUp(
  rows: readonly (Partial<DeliveryAttributes> & {
    readonly nextAttemptInMs?: number;
    /** Of the webhook. */
    readonly body?: string;
  })[],
  attributes: Record<string, unknown> = {},
) {
  const relay = aRelay();
  const ids: EventId[] = [];
  for (const { body = '{"Id":"1"}' } of rows) {
    const { eventId } = { eventId: undefined, ...(await relay.webhook(body, 'orderid=1')) };
    if (eventId === undefined) throw new Error('the webhook was not accepted');
    ids.push(eventId);
  }
  await relay.fanOut();
  relay.endpoint('erp', attributes);
  relay.minutes(1);
  for (const [index, { nextAttemptInMs = 0, body: _, ...parts }] of rows.entries()) {
    const now = relay.clock.now();
    const due = { nextAttemptAt: laterBy(now, nextAttemptInMs), dueAt: now, owedSince: now };
    await relay.eventLog.putDeliveryIfAbsent(
      aDelivery({ orderKey: ORDER, eventId: ids[index] as EventId, endpointId: ERP, ...due, ...parts }),
    );
  }
  const [endpoint] = (await relay.config.endpoints()).valid;
  if (endpoint === undefined) throw new Error('the endpoint is invalid');
  const attempts: Attempt[] = [];
  const mayAttempt = vi.fn(async () => true);
  const work: OrderWork = {
    context: relay.relay,
    endpoint,
    recoveredAt: undefined,
    isProbe: false,
    rateLimiter: undefined,
    mayAttempt,
    onAttempt: async (made) => void attempts.push(made),
  };
  const run = (parts: Partial<OrderWork> = {}, named = 0) =>
    deliverOrder({ ...work, ...parts }, { orderKey: ORDER, eventId: ids[named] as EventId, endpointId: ERP });
  return { relay, ids, attempts, mayAttempt, run, states: async () => (await relay.rows()).map(stateOf) };
}

const stateOf = ({ state, reason }: Delivery) => (reason === undefined ? state : `${state}: ${reason}`);

/** Another function leases the delivery before this one can change it. */
function leaseByAnother(relay: ReturnType<typeof aRelay>, eventId: EventId | undefined): void {
  const update = relay.eventLog.updateDelivery.bind(relay.eventLog);
  vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementation(async (key, only, change) =>
    key.eventId === eventId ? false : update(key, only, change),
  );
}

describe('deliver, for one order', () => {
  it('cancels every pending delivery when the endpoint is not subscribed to the source any more', async () => {
    const { relay, run, states } = await setUp([{}, {}, { state: 'delivered' }], { sources: ['other'] });

    await run();

    const reason = 'cancelled: source-not-subscribed';
    expect(await states()).toEqual([reason, reason, 'delivered']);
    expect(relay.sender.requests).toEqual([]);
  });

  it.each([['main'], ['other']])('does nothing when nothing is pending: source %s', async (source) => {
    const { relay, run, attempts } = await setUp([{ state: 'dead' }], { sources: [source] });
    const read = vi.spyOn(relay.eventLog, 'eventsNewestFirst');

    await run();

    expect(attempts).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ state: 'dead' }]);
    expect(read).not.toHaveBeenCalled();
  });

  it('supersedes a delivery when the endpoint received a newer event, and then ends', async () => {
    const { relay, run, states, attempts } = await setUp([{}, { state: 'delivered' }]);

    await run();

    expect(await states()).toEqual(['superseded: newer-event', 'delivered']);
    expect(relay.sender.requests).toEqual([]);
    expect(attempts).toEqual([]);
  });

  it('ends when another function has taken the delivery that a newer event supersedes', async () => {
    const { relay, ids, run } = await setUp([{}, { state: 'delivered' }]);
    leaseByAnother(relay, ids[0]);
    const read = vi.spyOn(relay.eventLog, 'deliveries');

    await run();

    expect(read).toHaveBeenCalledTimes(1);
    expect(relay.sender.requests).toEqual([]);
  });

  it('reads the order again when an older delivery may be in flight, fifty times at most', async () => {
    const { relay, ids, run, attempts } = await setUp([{}, {}]);
    leaseByAnother(relay, ids[0]);
    const read = vi.spyOn(relay.eventLog, 'deliveries');

    await run();

    expect(read).toHaveBeenCalledTimes(50);
    expect(attempts).toEqual([]);
  });

  it.each(['latest', 'strict', 'none'])(
    'leaves a delivery in flight alone: ordering `%s`',
    async (ordering) => {
      const leased = { state: 'leased', leaseId: 'held', leaseUntil: laterBy(NOON, 80_000) } as const;
      const { relay, run, states } = await setUp([leased], { ordering });

      await run();

      expect(relay.sender.requests).toEqual([]);
      expect(await states()).toEqual(['leased']);
    },
  );

  it('skips an event without an order for `latest`, and sends the one before it', async () => {
    const { relay, ids, run, states } = await setUp([{}, { body: '' }]);

    await run();

    expect(await states()).toEqual(['delivered', 'skipped: no-snapshot']);
    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(0, 1));
  });

  it('sends nothing when another function has taken the event without an order', async () => {
    const { relay, ids, run, states } = await setUp([{ body: '' }]);
    leaseByAnother(relay, ids[0]);
    const read = vi.spyOn(relay.eventLog, 'deliveries');

    await run();

    expect(read).toHaveBeenCalledTimes(1);
    expect(await states()).toEqual(['pending']);
  });

  it('makes no request when another function takes the lease first', async () => {
    const { relay, ids, run, attempts } = await setUp([{}]);
    leaseByAnother(relay, ids[0]);

    await run();

    expect(relay.sender.requests).toEqual([]);
    expect(attempts).toEqual([]);
  });

  it('makes one attempt of a `latest` order, and reports it', async () => {
    const { ids, relay, run, attempts, states } = await setUp([{}, {}]);

    await run();

    expect(attempts).toMatchObject([{ status: 200 }]);
    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(1));
    expect(await states()).toEqual(['superseded: newer-event', 'delivered']);
  });

  it('sends a `strict` order one after the other', async () => {
    const { ids, relay, run, attempts } = await setUp([{}, {}, {}], { ordering: 'strict' });

    await run();

    expect(relay.sender.eventsTo('erp')).toEqual(ids);
    expect(attempts).toHaveLength(3);
  });

  it('sends one delivery of a `strict` order as a probe', async () => {
    const { ids, relay, run } = await setUp([{}, {}], { ordering: 'strict' });

    await run({ isProbe: true });

    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(0, 1));
  });

  it('does not count a probe that fails, and parks the delivery', async () => {
    const { relay, run } = await setUp([{}]);
    relay.sender.answers.set('erp', UNAVAILABLE);

    await run({ isProbe: true });

    expect(await relay.rows()).toMatchObject([
      { state: 'pending', reason: 'endpoint-failing', attemptCount: 0, attempts: [{ status: 503 }] },
    ]);
  });

  it('counts a probe that is refused', async () => {
    const { relay, run } = await setUp([{}]);
    relay.sender.answers.set('erp', REFUSED);

    await run({ isProbe: true });

    expect(await relay.rows()).toMatchObject([{ state: 'pending', attemptCount: 1 }]);
  });

  it('sends only the named delivery with the ordering `none`', async () => {
    const { ids, relay, run } = await setUp([{}, {}], { ordering: 'none' });

    await run({}, 1);

    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(1));
  });

  it('sends nothing without permission, and leaves the delivery as it is', async () => {
    const { relay, run, mayAttempt, states } = await setUp([{}]);
    mayAttempt.mockResolvedValue(false);

    await run();

    expect(relay.sender.requests).toEqual([]);
    expect(await states()).toEqual(['pending']);
  });
});

describe('a delivery that is not due', () => {
  const later = { nextAttemptInMs: HOUR_MS };
  const attemptedAt = (at: Date): Attempt => ({ at, durationMs: 9, status: 503 });

  it('is left alone, and its payload is not read', async () => {
    const { relay, run, mayAttempt } = await setUp([later]);
    const read = vi.spyOn(relay.eventLog, 'payload');

    await run();

    expect(read).not.toHaveBeenCalled();
    expect(mayAttempt).not.toHaveBeenCalled();
    expect(relay.sender.requests).toEqual([]);
  });

  it('supersedes the older ones, without an attempt', async () => {
    const { relay, run, states, mayAttempt } = await setUp([{}, later]);

    await run();

    expect(await states()).toEqual(['superseded: newer-event', 'pending']);
    expect(mayAttempt).not.toHaveBeenCalled();
    expect(relay.sender.requests).toEqual([]);
  });

  it('supersedes nothing before its filter is evaluated', async () => {
    const { relay, run, states } = await setUp([{}, { ...later, filterPending: true }]);

    await run();

    expect(await states()).toEqual(['pending', 'pending']);
    expect(relay.sender.requests).toEqual([]);
  });

  it.each([
    ['before', -1, 1],
    ['after', 0, 0],
  ])('is sent early only when its last attempt was %s the recovery', async (_, ms, requests) => {
    const recoveredAt = laterBy(NOON, 60_000);
    const { relay, run } = await setUp([{ ...later, attempts: [attemptedAt(laterBy(recoveredAt, ms))] }]);

    await run({ recoveredAt });

    expect(relay.sender.requests).toHaveLength(requests);
  });

  it('is not sent early when it was never attempted', async () => {
    const { relay, run } = await setUp([later]);

    await run({ recoveredAt: NOON });

    expect(relay.sender.requests).toEqual([]);
  });

  it('keeps its schedule when an early attempt fails', async () => {
    const { relay, run } = await setUp([{ ...later, attempts: [attemptedAt(NOON)], attemptCount: 1 }]);
    const [before] = await relay.rows();
    relay.sender.answers.set('erp', UNAVAILABLE);

    await run({ recoveredAt: laterBy(NOON, 1) });

    const { attemptCount, nextAttemptAt } = before as PendingDelivery;
    expect(await relay.rows()).toMatchObject([
      { attemptCount, nextAttemptAt, attempts: [{}, { status: 503 }] },
    ]);
  });

  it('is dead when an early attempt is refused for the last time', async () => {
    const { relay, run } = await setUp([{ ...later, attempts: [attemptedAt(NOON)] }], { maxAttempts: 2 });
    relay.sender.answers.set('erp', REFUSED);

    await run({ recoveredAt: laterBy(NOON, 1) });

    expect(await relay.rows()).toMatchObject([{ state: 'dead', attemptCount: 2 }]);
  });
});

describe('a delivery whose filter is not evaluated yet', () => {
  it('is sent once the filter wants it', async () => {
    const { relay, run } = await setUp([{ filterPending: true }], { filter: 'an event' });
    relay.expressions.means('an event', () => true);

    await run();

    const [row] = await relay.rows();
    expect(row).toMatchObject({ state: 'delivered' });
    expect(row).not.toHaveProperty('filterPending');
  });

  it('is skipped, and an older one is sent, when the filter refuses it', async () => {
    const { relay, ids, run, states } = await setUp([{}, { filterPending: true }], { filter: 'an event' });
    relay.expressions.means('an event', () => false);

    await run();

    expect(await states()).toEqual(['delivered', 'skipped: filter-refused']);
    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(0, 1));
  });

  it('waits five seconds when other expressions took the time of the filter', async () => {
    const { relay, run } = await setUp([{ filterPending: true }], { filter: 'an event' });
    relay.expressions.means('an event', () => true);
    relay.expressions.postpones('an event', 1);
    const read = vi.spyOn(relay.eventLog, 'deliveries');

    await run();

    const nextAttemptAt = laterBy(relay.clock.now(), 5_000);
    expect(relay.sender.requests).toEqual([]);
    expect(read).toHaveBeenCalledTimes(1);
    expect(await relay.rows()).toMatchObject([
      { state: 'pending', reason: 'expressions-busy', filterPending: true, nextAttemptAt },
    ]);
  });

  it('is left to the function that changed it meanwhile', async () => {
    const { relay, ids, run, states } = await setUp([{ filterPending: true }], { filter: 'an event' });
    relay.expressions.means('an event', () => false);
    leaseByAnother(relay, ids[0]);
    const read = vi.spyOn(relay.eventLog, 'deliveries');

    await run();

    expect(read).toHaveBeenCalledTimes(1);
    expect(await states()).toEqual(['pending']);
  });
});

describe('a delivery whose payload is gone', () => {
  it('is dead, and the older one is sent', async () => {
    const { relay, ids, run, states } = await setUp([{}, {}]);
    await relay.eventLog.erasePayload({ orderKey: ORDER, eventId: ids[1] as EventId });

    await run();

    expect(await states()).toEqual(['delivered', 'dead: payload-gone']);
  });

  it.each(['latest', 'strict'])('is skipped when an operator erased it: ordering `%s`', async (ordering) => {
    const { relay, ids, run, states } = await setUp([{}], { ordering });
    const key = { orderKey: ORDER, eventId: ids[0] as EventId };
    await relay.eventLog.noteForgotten(key);
    await relay.eventLog.erasePayload(key);

    await run();

    expect(await states()).toEqual(['skipped: payload-erased']);
  });

  it('is left to the function that changed it meanwhile', async () => {
    const { relay, ids, run } = await setUp([{}]);
    await relay.eventLog.erasePayload({ orderKey: ORDER, eventId: ids[0] as EventId });
    leaseByAnother(relay, ids[0]);
    const read = vi.spyOn(relay.eventLog, 'deliveries');

    await run();

    expect(read).toHaveBeenCalledTimes(1);
  });
});

describe('an attempt', () => {
  it('that cannot be recorded is no error of the relay: its lease expires', async () => {
    const { relay, run, states } = await setUp([{}]);
    const update = relay.eventLog.updateDelivery.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'updateDelivery')
      .mockImplementationOnce(update)
      .mockRejectedValue(new StoreError('throttled'));

    await expect(run()).rejects.toThrow('throttled');

    expect(relay.sender.requests).toHaveLength(1);
    expect(await states()).toEqual(['leased']);
    expect(relay.telemetry.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('whose lease another function took meanwhile is only logged', async () => {
    const { relay, ids, run } = await setUp([{}]);
    const update = relay.eventLog.updateDelivery.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementationOnce(update).mockResolvedValue(false);

    await run();

    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { eventId: ids[0], endpointId: ERP } }),
    );
  });

  it('that is recorded logs no warning', async () => {
    const { relay, run } = await setUp([{}]);

    await run();

    expect(relay.telemetry.log.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it.each([
    ['an error', new TypeError('of nothing'), 'could not be processed: TypeError'],
    ['something else', 'text', 'could not be processed: unknown error'],
  ])('in which the relay throws %s counts as one of its own failures', async (_, thrown, error) => {
    const { relay, ids, run } = await setUp([{}]);
    vi.spyOn(relay.sender, 'post').mockRejectedValue(thrown);

    await run();

    expect(await relay.rows()).toMatchObject([{ attempts: [{ error, internalError: true, unsent: true }] }]);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        error: thrown,
        fields: { eventId: ids[0], endpointId: ERP },
      }),
    );
  });
});
