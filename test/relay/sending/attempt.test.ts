import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { secondsToWait } from '../../../lib/relay/sending/attempt.ts';
import { aRelay } from '../a-relay.ts';

const NOW = new Date('2026-03-01T12:00:00.500Z');

describe('secondsToWait', () => {
  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['1', 1],
  ])('takes %j for a number of seconds', (header, seconds) => {
    expect(secondsToWait(header, NOW)).toBe(seconds);
  });

  it.each([
    ['Sun, 01 Mar 2026 12:02:00 GMT', 120],
    ['Sunday, 01-Mar-26 12:02:00 GMT', 120],
  ])('takes %j for a date, and rounds up to whole seconds', (header, seconds) => {
    expect(secondsToWait(header, NOW)).toBe(seconds);
  });

  it.each(['Sun, 01 Mar 2026 12:00:00 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT', '0'])(
    'finds nothing to wait for in %j, which is over',
    (header) => {
      expect(secondsToWait(header, NOW)).toBeUndefined();
    },
  );

  it.each([undefined, '', '   ', '-5', '1.5', '1e3', 'soon', 'Xyz, 99 Foo 2026 GMT', '2026-03-01', '0x10'])(
    'makes nothing of %j',
    (header) => {
      expect(secondsToWait(header, NOW)).toBeUndefined();
    },
  );

  it.each(['86401', '9'.repeat(400), 'Fri, 01 Jan 2100 00:00:00 GMT'])(
    'waits a day at most: %j',
    (header) => {
      expect(secondsToWait(header, NOW)).toBe(86_400);
    },
  );

  it('gives whole seconds between one and a day, or nothing, for any header', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.nat().map(String)), (header) => {
        const seconds = secondsToWait(header, NOW) ?? 1;

        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(86_400);
      }),
    );
  });
});

describe('an attempt that was asked to wait', () => {
  const asked = (status: number, retryAfter: string): SendResult => ({
    kind: 'answer',
    status,
    text: 'busy',
    retryAfter,
  });

  it.each([429, 503])('says for how long in its row, and is made again no sooner: %i', async (status) => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', asked(status, '600'));

    await relay.accepted();
    await relay.fanOut();

    const now = relay.clock.now().getTime();
    expect(await relay.rows()).toMatchObject([
      { attempts: [{ status, retryAfterSeconds: 600 }], nextAttemptAt: new Date(now + 600_000) },
    ]);
  });

  it('keeps to the schedule when that is longer', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', asked(503, '1'));

    await relay.accepted();
    await relay.fanOut();

    const now = relay.clock.now().getTime();
    expect(await relay.rows()).toMatchObject([{ nextAttemptAt: new Date(now + 5_250) }]);
  });

  it.each([200, 302, 404, 500])('does not count when it was answered with %i', async (status) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', asked(status, '600'));

    await relay.accepted();
    await relay.fanOut();

    for (const row of await relay.rows()) expect(row.attempts[0]).not.toHaveProperty('retryAfterSeconds');
    expect(await relay.healthOf('erp')).not.toMatchObject({ state: 'failing' });
  });
});
