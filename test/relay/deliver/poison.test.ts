import { describe, expect, it, vi } from 'vitest';
import { aRelay } from '../a-relay.ts';
import { fannedOut } from '../health/an-open-circuit.ts';

/** An error that is none of the store's: it happens at every attempt. */
const broken = () => {
  throw new TypeError('cannot read property of undefined');
};

/** Where a delivery to `erp` fails every time, by a defect that no endpoint is to blame for. */
const STAGES: [string, (relay: ReturnType<typeof aRelay>) => void][] = [
  ['its payload is prepared', (relay) => void vi.spyOn(relay.eventLog, 'payload').mockImplementation(broken)],
  ['its request is sent', (relay) => void vi.spyOn(relay.sender, 'post').mockImplementation(broken)],
];

describe.each(STAGES)('a delivery that cannot be processed when %s', (_, breaks) => {
  async function withPoison(attributes: Record<string, unknown> = {}) {
    const relay = aRelay();
    relay.newEndpoint('erp', attributes);
    const eventId = await relay.accepted();
    await relay.fanOut();
    breaks(relay);
    return { relay, eventId };
  }

  it('counts an attempt that sent nothing, and names the error without its message', async () => {
    const { relay } = await withPoison();

    expect(await relay.deliver()).toEqual([]);

    const now = relay.clock.now();
    const error = 'could not be processed: TypeError';
    const [row] = await relay.rows();
    expect(row).toMatchObject({
      state: 'pending',
      attemptCount: 1,
      attempts: [{ at: now, error, unsent: true }],
      nextAttemptAt: new Date(now.getTime() + 5_250),
    });
    expect(row).not.toHaveProperty('leaseId');
    expect(JSON.stringify(row)).not.toContain('cannot read property');
  });

  it('is dead after its last attempt, and needs attention', async () => {
    const { relay, eventId } = await withPoison({ maxAttempts: 3 });

    await relay.run(45);

    expect(await relay.outcomes(eventId)).toEqual({
      erp: 'dead: could not be processed: TypeError, attempt 3',
    });
    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
  });

  it('does not count against the endpoint', async () => {
    const { relay } = await withPoison();

    await relay.run(40);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
    expect(await relay.healthOf('erp')).not.toHaveProperty('failingSince');
  });
});

describe('a delivery that cannot be processed', () => {
  it('does not stop the endpoint’s other deliveries', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    const [poison, ...others] = await fannedOut(relay, 5);
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.eventId === poison ? broken() : payload(key),
    );

    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual(others);
  });

  it('supersedes no older delivery of its order', async () => {
    const relay = aRelay();
    // Fan-out cannot supersede for an invalid row, so both deliveries wait for deliver.
    relay.newEndpoint('erp', { url: 17 });
    const older = await relay.accepted();
    const newest = await relay.accepted();
    await relay.fanOut();
    relay.newEndpoint('erp', { maxAttempts: 1 });
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.eventId === newest ? broken() : payload(key),
    );

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }, { state: 'dead' }]);
  });
});
