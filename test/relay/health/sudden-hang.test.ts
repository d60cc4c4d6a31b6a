import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { aRelay } from '../a-relay.ts';
import { takesMs } from './takes-ms.ts';

describe('an endpoint that has always been quick and hangs all of a sudden', () => {
  const TIMED_OUT: SendResult = { kind: 'failure', error: 'timeout after 5 s' };

  it('is given up by fan-out after five seconds, and gets all its time from deliver, nothing held against it', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 30, maxAttempts: 1 });
    takesMs(relay, 'erp', 5_000, TIMED_OUT);
    const eventId = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toMatchObject([{ timeoutMs: 5_000 }]);
    expect(await relay.rows()).toMatchObject([
      { state: 'pending', attemptCount: 0, attempts: [{ error: 'timeout after 5 s', cutShort: true }] },
    ]);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', consecutiveFailures: 0 });
    expect(await relay.healthOf('erp')).toHaveProperty('slowUntil');

    takesMs(relay, 'erp', 20_000);
    relay.clock.advance(10_000);
    await relay.work();

    expect(relay.sender.requests[1]).toMatchObject({ timeoutMs: 30_000 });
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 20000 ms' });
  });

  it('opens its circuit by what deliver finds, and not by being given up', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 30 });
    takesMs(relay, 'erp', 5_000, TIMED_OUT);
    for (let order = 0; order < 8; order++) await relay.accepted({ Id: `o${order}` });

    await relay.fanOut();

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', consecutiveFailures: 0 });
  });

  it('is blamed as ever when its own time is over', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 4 });
    takesMs(relay, 'erp', 4_000, { kind: 'failure', error: 'timeout after 4 s' });
    await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ attemptCount: 1 }]);
    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 1 });
  });
});
