import { describe, expect, it } from 'vitest';
import { barsOf, type Comparison } from './bars.ts';
import type { Figures } from './load.ts';

const BARE: Figures = {
  eventsPerSecond: 1_000,
  cpuMsPerEvent: 0.8,
  ackMs: { p50: 1, p99: 4 },
  endToEndMs: { p50: 2, p99: 6 },
  repeated: 0,
};
const MEMORY = { events: 20_000, idleMb: 100, halfMb: 190, endMb: 200, residentMb: [] };

describe('the bars of the bench', () => {
  it('hold CPU and throughput of a closed loop against the bare reference', () => {
    const bars = barsOf([closedLoop({ eventsPerSecond: 500, cpuMsPerEvent: 1.6 })], MEMORY);
    expect(named(bars, 'CPU per event, 8 at once')).toMatchObject({ value: 2, isMet: true });
    expect(named(bars, 'events per second, 8 at once')).toMatchObject({ value: 0.5, isMet: true });
  });

  it('are missed when a ratio is on the wrong side', () => {
    const bars = barsOf([closedLoop({ eventsPerSecond: 399, cpuMsPerEvent: 2.1 })], MEMORY);
    expect(named(bars, 'CPU per event, 8 at once').isMet).toBe(false);
    expect(named(bars, 'events per second, 8 at once').isMet).toBe(false);
  });

  it('judge the time to an answer at 30/s alone', () => {
    const at = (ratePerSecond: number): Comparison => {
      const { rounds, endpoints } = closedLoop({ ackMs: { p50: 1, p99: 13 } });
      return { load: `${ratePerSecond}/s`, endpoints, ratePerSecond, rounds };
    };
    const bars = barsOf([at(30), at(200)], MEMORY);
    expect(named(bars, 'time to the answer, p99, 30/s')).toMatchObject({ value: 3.25, isMet: false });
    expect(bars.some(({ name }) => name.includes('200/s'))).toBe(false);
  });

  it('are missed by memory that is too large or still rises', () => {
    const isMet = (memory: Partial<typeof MEMORY>) =>
      barsOf([], { ...MEMORY, ...memory }).map((bar) => bar.isMet);
    expect(isMet({})).toEqual([true, true, true]);
    expect(isMet({ idleMb: 121 })).toEqual([false, true, true]);
    expect(isMet({ endMb: 251, halfMb: 240 })).toEqual([true, false, true]);
    expect(isMet({ halfMb: 150 })).toEqual([true, true, false]);
  });
});

function closedLoop(relay: Partial<Figures>): Comparison {
  return {
    load: '8 at once',
    endpoints: 5,
    concurrency: 8,
    rounds: [{ relay: { ...BARE, ...relay }, bare: BARE }],
  };
}

function named(bars: ReturnType<typeof barsOf>, name: string) {
  const found = bars.find((bar) => bar.name === name);
  if (found === undefined) throw new Error(`There is no bar ${name}`);
  return found;
}
