import { describe, expect, it } from 'vitest';
import { returnDelaySeconds } from '../../../lib/relay/fan-out/return-delay.ts';

describe('returnDelaySeconds', () => {
  it('doubles from 5 seconds with each receive, up to five minutes', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map(returnDelaySeconds);

    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('is the shortest when SQS gives no count', () => {
    expect(returnDelaySeconds(0)).toBe(5);
  });
});
