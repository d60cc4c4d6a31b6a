/** A liveness scenario: a situation, and figures that say how fast the relay recovers from it. */
import type { Figure } from './figures.ts';

export interface Run {
  /** `test` stops measuring soon after a bound is missed, and is smaller where `full` takes long. */
  readonly size: 'test' | 'full';
  readonly seed: number;
}

export interface Scenario {
  readonly title: string;
  /** The state of an endpoint that it is an example of, for the table of the report. */
  readonly state: string;
  /** The first figure is the time to settle, or whatever comes closest to it. */
  readonly measure: (run: Run) => Promise<readonly Figure[]>;
}
