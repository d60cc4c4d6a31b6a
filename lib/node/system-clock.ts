/** The Clock port over Node's clocks and timers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../relay/model/clock.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs) => sleep(durationMs),
  startTimer(durationMs, onEnd) {
    const timer = setTimeout(onEnd, durationMs);
    return () => clearTimeout(timer);
  },
};
