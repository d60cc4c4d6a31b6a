/** The Clock port over Node's clocks and timers. */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../relay/model/clock.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs) => setTimeout(durationMs),
};
