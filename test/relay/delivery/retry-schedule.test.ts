import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAttemptAt } from '../../../lib/relay/delivery/retry-schedule.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const waits = (random: () => number) =>
  Array.from(
    { length: 9 },
    (_, made) => (nextAttemptAt(NOW, made + 1, random).getTime() - NOW.getTime()) / 1000,
  );

describe('nextAttemptAt', () => {
  it('waits 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h', () => {
    expect(waits(() => 0)).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  });

  it('spends about three days on ten attempts', () => {
    const days = waits(() => 0.5).reduce((sum, wait) => sum + wait, 0) / 86_400;

    expect(days).toBeGreaterThan(3);
    expect(days).toBeLessThan(3.5);
  });

  it('adds up to a tenth of jitter and never subtracts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (made, random) => {
          const wait = nextAttemptAt(NOW, made, () => random).getTime() - NOW.getTime();
          const base = nextAttemptAt(NOW, made, () => 0).getTime() - NOW.getTime();

          expect(wait).toBeGreaterThanOrEqual(base);
          expect(wait).toBeLessThanOrEqual(base * 1.1);
        },
      ),
    );
  });

  it('repeats the last wait for an endpoint that allows more attempts', () => {
    expect(nextAttemptAt(NOW, 40, () => 0)).toEqual(new Date('2026-03-02T12:00:00Z'));
  });
});
