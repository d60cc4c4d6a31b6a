/** When the relay tries a delivery next, in a few words. */
import type { NextTry } from '../deliveries/next-try.ts';
import { timeText } from './times.ts';

/** `13:04:05`, `now`, `with the next probe, 13:04:05`. */
export function nextTryText(next: NextTry, now: Date): string {
  switch (next.kind) {
    case 'at':
      return timeText(next.at, now);
    case 'now':
      return 'now';
    case 'in-flight':
      return 'in flight';
    case 'rate-limit':
      return 'now, within the rate limit';
    case 'earlier-delivery':
      return 'after an earlier delivery';
    case 'probe':
      return next.at === undefined ? 'with the next probe' : `with the next probe, ${timeText(next.at, now)}`;
    case 'resume':
      return 'when resumed';
    case 'fixed-row':
      return 'when the endpoint’s row is fixed';
    case 'none':
      return 'none: will be cancelled';
  }
}
