import { describe, expect, it, vi } from 'vitest';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import { isTimeToCorrect } from '../../../lib/relay/sweep/correct-due-times.ts';
import { aDelivery, anEndpointId, anOrderKey } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SHARDS = 4;

/** A relay with so many deliveries to `erp` that are due so long from now. It is noon: time to correct. */
async function aRelayWith(count: number, dueInMs: number, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.endpoint('erp', attributes);
  for (let n = 0; n < count; n++)
    await relay.eventLog.putDeliveryIfAbsent(
      aDelivery({
        orderKey: anOrderKey(),
        endpointId: anEndpointId('erp'),
        dueAt: laterBy(relay.clock.now(), dueInMs + n),
      }),
    );
  const due = async () => (await relay.owed('erp')).filter(({ dueAt }) => dueAt <= relay.clock.now()).length;
  return { relay, due };
}

describe('the correction of due times', () => {
  it('runs in one minute of ten', () => {
    const minutes = Array.from({ length: 60 }, (_, minute) => minute);
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute, 30));

    expect(minutes.filter((minute) => isTimeToCorrect(at(minute)))).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it('makes a delivery due that is due next year', async () => {
    const { relay, due } = await aRelayWith(1, 365 * DAY_MS);

    await relay.sweep();

    expect(await due()).toBe(1);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { list: 'erp', items: 1 } }),
    );
  });

  it('leaves a delivery that waits three days, as its endpoint asked', async () => {
    const { relay, due } = await aRelayWith(1, 3 * DAY_MS);

    await relay.sweep();

    expect(await due()).toBe(0);
  });

  it('makes an event due that is due in a day: fan-out waits an hour at most', async () => {
    const relay = aRelay();
    relay.clock.jump(DAY_MS);
    await relay.accepted();
    relay.eventQueue.take();
    relay.clock.jump(-DAY_MS);

    await relay.sweep();
    relay.minutes(1);
    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1);
  });

  it('goes on until no page is full', async () => {
    const { relay, due } = await aRelayWith(250, 365 * DAY_MS);

    await relay.sweep();

    expect(await due()).toBe(250);
  });

  it('ends when the index still lists what was corrected', async () => {
    const { relay } = await aRelayWith(100, 365 * DAY_MS);
    vi.spyOn(relay.eventLog, 'postpone').mockResolvedValue(false);
    const owed = vi.spyOn(relay.eventLog, 'owed');

    await relay.sweep();

    expect(owed.mock.calls.filter(([list]) => list === 'erp')).toHaveLength(2);
  });

  it('also corrects the deliveries of a paused endpoint', async () => {
    const { relay, due } = await aRelayWith(1, 365 * DAY_MS, { state: 'paused' });

    await relay.sweep();

    expect(await due()).toBe(1);
  });

  it('costs one query for each list, every ten minutes', async () => {
    const { relay } = await aRelayWith(0, 0);
    const owed = vi.spyOn(relay.eventLog, 'owed');
    const queries: number[] = [];

    for (let minute = 0; minute < 10; minute++) {
      await relay.sweep();
      queries.push(owed.mock.calls.length);
      owed.mockClear();
      relay.minutes(1);
    }

    const lists = SHARDS + 1;
    expect(queries).toEqual([2 * lists, ...Array.from({ length: 9 }, () => lists)]);
  });
});
