import { describe, expect, it } from 'vitest';
import { ENGINES } from '../end-to-end/engines.ts';
import { killUnderLoad } from './kill-under-load.ts';

describe.each(ENGINES)('a relay on %s that is killed under load', (engine) => {
  it('has every webhook that it answered 2xx at every endpoint in the end, and nothing stale after something newer', async () => {
    const { accepted, failures } = await killUnderLoad({
      engine,
      seconds: 8,
      kills: 2,
      seed: 7,
      untilNothingIsOwed: false,
      say: () => {},
    });

    expect(accepted.length).toBeGreaterThan(10);
    expect(failures).toEqual([]);
  }, 600_000);
});
