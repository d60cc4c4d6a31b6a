import { describe, expect, it, vi } from 'vitest';
import { cancelOrder, type EndOfEndpoint } from '../../../lib/relay/deliver/cancel-order.ts';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import { aDelivery, anEndpointId, eventsOf } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';
import { NOON } from '../attempts.ts';

const ERP = anEndpointId('erp');
const DISABLED: EndOfEndpoint = { kind: 'cancel', reason: 'endpoint-disabled' };
const REMOVED: EndOfEndpoint = { kind: 'removed' };
const MINUTE_MS = 60_000;
const owedFor = (ms: number) => ({ owedSince: laterBy(NOON, -ms) });

/** An order with these deliveries to `erp`, at noon. */
async function setUp(...rows: readonly Partial<DeliveryAttributes>[]) {
  const relay = aRelay();
  const keys = eventsOf(ORDER, rows.length).map(({ eventId }) => ({
    orderKey: ORDER,
    eventId,
    endpointId: ERP,
  }));
  for (const [index, row] of rows.entries())
    await relay.eventLog.putDeliveryIfAbsent(aDelivery({ ...keys[index], owedSince: NOON, ...row }));
  const [key] = keys;
  if (key === undefined) throw new Error('there should be a delivery');
  return {
    relay,
    cancels: (end: EndOfEndpoint) => cancelOrder(relay.relay, end, key),
    states: async () =>
      (await relay.rows()).map(({ state, reason }) => (reason ? `${state}: ${reason}` : state)),
  };
}

describe('the deliveries of an order', () => {
  it('are cancelled at once when their endpoint is disabled', async () => {
    const { cancels, states } = await setUp({}, owedFor(MINUTE_MS));

    expect(await cancels(DISABLED)).toBe(true);

    expect(await states()).toEqual(['cancelled: endpoint-disabled', 'cancelled: endpoint-disabled']);
  });

  it('are cancelled after a minute when their endpoint is removed: until then it may be new', async () => {
    const { cancels, states } = await setUp(owedFor(MINUTE_MS), owedFor(MINUTE_MS - 1));

    expect(await cancels(REMOVED)).toBe(true);

    expect(await states()).toEqual(['cancelled: endpoint-removed', 'pending']);
  });

  it('are no younger than a minute when a clock that was a year ahead wrote them', async () => {
    const { cancels, states } = await setUp(owedFor(-365 * 24 * 60 * MINUTE_MS));

    expect(await cancels(REMOVED)).toBe(true);

    expect(await states()).toEqual(['cancelled: endpoint-removed']);
  });

  it('are cancelled only when none of their requests can be in flight', async () => {
    const leased = { state: 'leased', leaseId: 'held' } as const;
    const { relay, cancels, states } = await setUp({ ...leased, leaseUntil: laterBy(NOON, 10_000) });

    expect(await cancels(DISABLED)).toBe(false);
    expect(await states()).toEqual(['leased']);

    relay.clock.advance(10_000);
    expect(await cancels(DISABLED)).toBe(true);
    expect(await states()).toEqual(['cancelled: endpoint-disabled']);
  });

  it.each(['delivered', 'dead', 'cancelled'] as const)('stay %s', async (state) => {
    const { cancels, states } = await setUp({ state });

    expect(await cancels(DISABLED)).toBe(false);

    expect(await states()).toEqual([state]);
  });

  it('do not count as cancelled when another function has changed them meanwhile', async () => {
    const { relay, cancels } = await setUp({});
    vi.spyOn(relay.eventLog, 'updateDelivery').mockResolvedValue(false);

    expect(await cancels(DISABLED)).toBe(false);
  });
});
