/** The other half of the seeds of simulation.test.ts, in a file of its own so that a second core can run it. */
import { describe } from 'vitest';
import { keepsEveryPromise } from './every-promise.ts';

describe('the relay under faults', () => {
  keepsEveryPromise([5, 6, 7, 8]);
});
