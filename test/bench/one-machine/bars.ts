/** The bench's requirements of the relay, as ratios to the bare reference in the same run. */
import type { Figures } from './load.ts';
import type { MemoryFigures } from './memory.ts';

/** Figures of a round of the relay, and of the bare round right after it. */
export interface Round {
  readonly relay: Figures;
  readonly bare: Figures;
}

/** One kind of load on both programs in turn. */
export interface Comparison {
  readonly load: string;
  readonly endpoints: number;
  readonly concurrency?: number;
  readonly ratePerSecond?: number;
  readonly rounds: readonly Round[];
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** True when the value must not be below the limit; otherwise it must not be above. */
  readonly isFloor: boolean;
  readonly isMet: boolean;
  /** `MB`, or `×` for a ratio. */
  readonly unit: string;
}

const MOST_CPU = 2.5;
const LEAST_THROUGHPUT = 0.4;
const MOST_ACK_P99 = 3;
/** The rate at which the time to an answer is judged. Above it, the two cores are busy. */
const ACK_RATE = 30;
const MOST_IDLE_MB = 120;
const MOST_LOADED_MB = 250;
/** Memory that still rises between the middle and the end of the load has no bound. */
const MOST_GROWTH = 1.1;

export function barsOf(comparisons: readonly Comparison[], memory: MemoryFigures): Bar[] {
  return [
    ...comparisons.flatMap((comparison) => barsOfLoad(comparison)),
    atMost('resident memory when idle', memory.idleMb, MOST_IDLE_MB, 'MB'),
    atMost(
      `resident memory after ${memory.events.toLocaleString('en-US')} events`,
      memory.endMb,
      MOST_LOADED_MB,
      'MB',
    ),
    atMost(
      'resident memory at the end beside that at half of the load',
      memory.endMb / memory.halfMb,
      MOST_GROWTH,
      '×',
    ),
  ];
}

function barsOfLoad(comparison: Comparison): Bar[] {
  const { load, concurrency, ratePerSecond } = comparison;
  if (ratePerSecond !== undefined && ratePerSecond !== ACK_RATE) return [];
  if (ratePerSecond === ACK_RATE)
    return [
      atMost(
        `time to the answer, p99, ${load}`,
        ratioOf(comparison, ({ ackMs }) => ackMs.p99),
        MOST_ACK_P99,
        '×',
      ),
    ];
  const cpu = ratioOf(comparison, ({ cpuMsPerEvent }) => cpuMsPerEvent);
  const speed = ratioOf(comparison, ({ eventsPerSecond }) => eventsPerSecond);
  if (concurrency === undefined) return [];
  return [
    atMost(`CPU per event, ${load}`, cpu, MOST_CPU, '×'),
    atLeast(`events per second, ${load}`, speed, LEAST_THROUGHPUT, '×'),
  ];
}

/** The median over the rounds of the relay's figure divided by the bare one beside it. */
export function ratioOf({ rounds }: Comparison, figure: (figures: Figures) => number): number {
  return median(rounds.map(({ relay, bare }) => figure(relay) / figure(bare)));
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function atMost(name: string, value: number, limit: number, unit: string): Bar {
  return { name, value, limit, unit, isFloor: false, isMet: value <= limit };
}

function atLeast(name: string, value: number, limit: number, unit: string): Bar {
  return { name, value, limit, unit, isFloor: true, isMet: value >= limit };
}
