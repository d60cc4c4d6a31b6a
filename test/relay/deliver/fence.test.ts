import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { aRelay } from '../a-relay.ts';

/** The lease lasts 10 s longer than the endpoint's timeout, less the 2 s by which clocks differ. */
const LONGEST_WAIT_MS = 8_000;

type ARelay = ReturnType<typeof aRelay>;

/** The clocks between the lease and the request. */
const CLOCKS: [string, (relay: ARelay, ms: number) => void][] = [
  ['both clocks go on', (relay, ms) => relay.clock.advance(ms)],
  ['the monotonic clock stands still, as in a frozen process', (relay, ms) => relay.clock.jump(ms)],
  [
    'the wall clock stands still, because it is set back',
    (relay, ms) => {
      relay.clock.advance(ms);
      relay.clock.jump(-ms);
    },
  ],
];

/** Deliver takes its lease, and so much time passes before it can send. */
async function deliverAfter(ms: number, passes: (relay: ARelay, ms: number) => void) {
  const relay = aRelay();
  relay.newEndpoint('erp', { timeoutSeconds: 10 });
  const eventId = await relay.accepted();
  await relay.fanOut();
  const update = relay.eventLog.updateDelivery.bind(relay.eventLog);
  vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementationOnce(async (key, only, change) => {
    const isWritten = await update(key, only, change);
    expect(change).toHaveProperty('leaseUntil');
    passes(relay, ms);
    return isWritten;
  });
  await relay.deliver();
  return { relay, eventId };
}

describe.each(CLOCKS)('deliver, when %s after it took the lease', (_, passes) => {
  it('sends the request if it can end before the lease does', async () => {
    const { relay, eventId } = await deliverAfter(LONGEST_WAIT_MS, passes);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });

  it('sends nothing otherwise, and returns the lease', async () => {
    const { relay, eventId } = await deliverAfter(LONGEST_WAIT_MS + 1, passes);

    expect(relay.sender.requests).toEqual([]);
    const [row] = await relay.rows();
    expect(row).toMatchObject({ state: 'pending', attemptCount: 0, attempts: [], dueAt: relay.clock.now() });
    expect(row).not.toHaveProperty('leaseId');
    expect(row).not.toHaveProperty('leaseUntil');
    expect(row).not.toHaveProperty('possiblyDeliveredAt');
    expect(relay.telemetry.log).toContainEqual({
      level: 'warn',
      message: 'lease ended before the request could be sent',
      fields: { eventId, endpointId: 'erp' },
    });
  });

  it('sends it once in a later run', async () => {
    const { relay, eventId } = await deliverAfter(LONGEST_WAIT_MS + 1, passes);

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });
});

describe('deliver, when its lease was overtaken while it stood still', () => {
  it('leaves the other function’s lease as it is', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const eventId = await relay.accepted();
    await relay.fanOut();
    const messages = relay.deliveryQueue.take();
    const update = relay.eventLog.updateDelivery.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementationOnce(async (key, only, change) => {
      const isWritten = await update(key, only, change);
      relay.clock.jump(60_000);
      const mine = { state: 'leased', leaseId: String(change.leaseId) } as const;
      const leaseUntil = new Date(relay.clock.now().getTime() + 20_000);
      await update(key, mine, { leaseId: 'another', leaseUntil, dueAt: leaseUntil });
      return isWritten;
    });

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ eventId, leaseId: 'another' }]);
  });
});
