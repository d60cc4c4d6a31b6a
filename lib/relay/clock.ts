/** Time and chance, as ports: the simulation has its own. */

export interface Clock {
  /** Wall-clock time: for what is stored and compared across functions, whose clocks may differ by two seconds. */
  now(): Date;
  /** Milliseconds that never go back: for deadlines within one function. */
  monotonicMs(): number;
  sleep(durationMs: number): Promise<void>;
}

/** A number from 0 up to, and without, 1. */
export type Random = () => number;
