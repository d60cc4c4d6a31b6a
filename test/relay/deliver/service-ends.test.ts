import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { after, Deadline } from '../../../lib/relay/model/clock.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut } from '../health/an-open-circuit.ts';
import { OAUTH2, UNAUTHORIZED } from '../sending/sent-requests.ts';
import { whileTimePasses } from '../while-time-passes.ts';

type TestRelay = ReturnType<typeof aRelay>;
const FUNCTION_TIMEOUT_MS = 60_000;
const at = (relay: TestRelay, ms: number) => after(relay.clock.now(), ms).toISOString();

/** A delivered row whose event is not fanned out: its outcome cannot be written yet, whatever is tried. */
async function withUnfinishedEvent() {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none' });
  await relay.accepted();
  vi.spyOn(relay.eventLog, 'finishFanOut').mockRejectedValue(new StoreError('throttled'));
  await relay.fanOut();
  await relay.deliver();
  relay.minutes(2);
  const owed = relay.eventLog.owed.bind(relay.eventLog);
  let reads = 0;
  vi.spyOn(relay.eventLog, 'owed').mockImplementation((...input) => {
    relay.clock.advance(20);
    reads += 1;
    if (reads > 5_000) throw new StoreError('read far too often');
    return owed(...input);
  });
  return { relay, reads: () => reads };
}

/** How long an invocation takes, with its own copy of the config and the function's timeout. */
async function durationOf(relay: TestRelay): Promise<number> {
  const startMs = relay.clock.monotonicMs();
  const deadline = new Deadline(relay.clock, FUNCTION_TIMEOUT_MS);
  await whileTimePasses(relay, deliver(relay.another(), relay.deliveryQueue.take(), deadline), 500);
  return relay.clock.monotonicMs() - startMs;
}

describe('a service with a settled row whose event is not fanned out', () => {
  it('ends as a probe that finds nothing to send', async () => {
    const { relay, reads } = await withUnfinishedEvent();
    const now = at(relay, 0);
    const failing = { state: 'failing', consecutiveFailures: 5, failingSince: now, retryAt: now };
    relay.health('erp', { ...failing, probeIntervalSeconds: 60, version: 7 });
    await relay.sweep();

    expect(await durationOf(relay)).toBeLessThan(FUNCTION_TIMEOUT_MS);
    expect(reads()).toBeLessThan(30);
    expect(relay.telemetry.log).not.toContainEqual(
      expect.objectContaining({ message: 'endpoint could not be served; its messages return to the queue' }),
    );
  });

  it('ends, without a message to continue, when it cancelled nothing', async () => {
    const { relay, reads } = await withUnfinishedEvent();
    relay.newEndpoint('erp', { ordering: 'none', state: 'disabled' });
    await relay.sweep();

    await durationOf(relay);

    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(reads()).toBeLessThan(30);
  });

  it('reads the list a few times while its endpoint catches up', async () => {
    const { relay, reads } = await withUnfinishedEvent();
    relay.health('erp', { state: 'ok', recoveredAt: at(relay, 0), version: 7 });
    await relay.sweep();

    await durationOf(relay);

    expect(reads()).toBeLessThan(30);
  });
});

describe('a service of an endpoint with a low rate limit', () => {
  it.each([0.01, 0.05])('leaves a probe to a later one that has to wait, at %s a second', async (rate) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', rateLimitPerSecond: rate });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 8);
    relay.health('erp', {
      ...{ state: 'failing', consecutiveFailures: 5, failingSince: at(relay, -60_000), version: 1 },
      ...{ retryAt: at(relay, 0), probeIntervalSeconds: 60, nextSendAt: at(relay, 1000 / rate) },
    });

    expect(await durationOf(relay)).toBe(0);
  });

  it.each([0.05, 0.08])(
    'counts a 401 whose second request would have to wait, at %s a second',
    async (rate) => {
      const relay = aRelay();
      relay.endpoint('erp', { rateLimitPerSecond: rate, auth: OAUTH2 });
      relay.sender.answers.set('erp', UNAUTHORIZED);
      await fannedOut(relay, 1, '');
      for (let minute = 0; minute < 3; minute++) {
        relay.clock.advance(Math.max(0, 60_000 - (await durationOf(relay))));
        await relay.sweep();
      }

      const [item] = await relay.owed('erp');
      const [row] = item === undefined ? [] : await relay.rows(item.orderKey);
      expect(row?.attempts.at(0)).toMatchObject({ status: 401 });
      expect(relay.sender.requests.every(({ timeoutMs }) => timeoutMs > 1_000)).toBe(true);
    },
  );
});
