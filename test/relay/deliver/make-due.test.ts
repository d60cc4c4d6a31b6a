import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import { aDelivery, anEndpointId, eventsOf } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const [EVENT, OTHER] = eventsOf(ORDER, 2).map(({ eventId }) => eventId);

/** A delivery whose message comes while another invocation serves the endpoint. */
async function whileLocked(attributes: (now: Date) => Partial<DeliveryAttributes> | undefined) {
  const relay = aRelay();
  relay.newEndpoint('erp');
  const now = relay.clock.now();
  const lockedUntil = laterBy(now, 60_000).toISOString();
  relay.health('erp', { state: 'ok', version: 1, lockId: 'held', lockedUntil });
  const key = { orderKey: ORDER, eventId: EVENT ?? OTHER, endpointId: ERP } as const;
  if (key.eventId === undefined || OTHER === undefined) throw new Error('there should be two events');
  const rowKey = { ...key, eventId: key.eventId };
  const due = { owedSince: now, dueAt: laterBy(now, 60_000), nextAttemptAt: now };
  await relay.eventLog.putDeliveryIfAbsent(aDelivery({ ...rowKey, ...due, eventId: OTHER }));
  const parts = attributes(now);
  if (parts !== undefined)
    await relay.eventLog.putDeliveryIfAbsent(aDelivery({ ...rowKey, ...due, ...parts }));
  const update = vi.spyOn(relay.eventLog, 'updateDelivery');
  const unfinished = await deliver(relay.relay, [rowKey], relay.deadline());
  return { now, unfinished, update };
}

describe('a message for an endpoint that another invocation serves', () => {
  it('makes its delivery due, and no other one of the order', async () => {
    const { now, unfinished, update } = await whileLocked(() => ({}));

    expect(unfinished).toEqual([]);
    expect(update.mock.calls).toMatchObject([[{ eventId: EVENT }, {}, { dueAt: laterBy(now, -2_000) }]]);
  });

  it.each<[string, (now: Date) => Partial<DeliveryAttributes> | undefined]>([
    ['does not exist', () => undefined],
    ['is leased', (now) => ({ state: 'leased', leaseId: 'another', leaseUntil: laterBy(now, 20_000) })],
    ['is not due', (now) => ({ nextAttemptAt: laterBy(now, 60_000) })],
  ])('changes nothing when its delivery %s', async (_, attributes) => {
    const { unfinished, update } = await whileLocked(attributes);

    expect(unfinished).toEqual([]);
    expect(update).not.toHaveBeenCalled();
  });

  it('leaves a settled delivery out of the list', async () => {
    const { unfinished, update } = await whileLocked((now) => ({ state: 'delivered', settledAt: now }));

    expect(unfinished).toEqual([]);
    expect(update.mock.calls.map(([, , change]) => change)).not.toContainEqual(
      expect.objectContaining({ dueAt: expect.any(Date) }),
    );
  });
});
