/** Puts each kind of load on the relay and on the bare reference, in turn. */
import { join } from 'node:path';
import { webhooksOf } from '../webhooks.ts';
import type { Comparison, Round } from './bars.ts';
import { type Figures, measureAtRate, measureConcurrent, type Subject } from './load.ts';
import { startBare, startRelay, stop } from './subjects.ts';

const CONCURRENCIES = [1, 8, 32];
const RATES = [30, 200];
/** Until then V8 compiles and optimizes; a relay that runs for long does not. */
const WARM_UP_DELIVERIES = 30_000;

export interface CompareOptions {
  readonly folder: string;
  readonly endpoints: number;
  /** How often both programs are started: V8 optimizes a little differently in each process. */
  readonly starts: number;
  /** Of each load after each start. */
  readonly rounds: number;
  /** Deliveries in each round of a closed loop: with more endpoints, fewer events. */
  readonly deliveries: number;
  /** Of each round at a fixed rate. */
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
}

interface Load {
  readonly name: string;
  readonly concurrency?: number;
  readonly ratePerSecond?: number;
  readonly run: (subject: Subject, orders: string) => Promise<Figures>;
}

export async function compare(options: CompareOptions): Promise<Comparison[]> {
  const { endpoints } = options;
  const loads = loadsOf(options);
  const measured = loads.map((): Round[] => []);
  for (let start = 1; start <= options.starts; start++)
    for (const [index, rounds] of (await roundsOfOneStart(loads, start, options)).entries())
      measured[index]?.push(...rounds);
  return loads.map(({ run: _, name, ...kind }, index) => ({
    load: `${name}, ${endpoints} endpoints`,
    endpoints,
    ...kind,
    rounds: measured[index] ?? [],
  }));
}

/** The rounds of each load. */
async function roundsOfOneStart(
  loads: readonly Load[],
  start: number,
  { folder, endpoints, starts, rounds, onProgress }: CompareOptions,
): Promise<Round[][]> {
  const relay = await startRelay(join(folder, `relay-${endpoints}-${start}`), endpoints);
  const bare = await startBare(join(folder, `bare-${endpoints}-${start}.db`), endpoints);
  try {
    for (const subject of [relay, bare])
      await measureConcurrent(subject, webhooksOf('warm-up', Math.ceil(WARM_UP_DELIVERIES / endpoints)), 8);
    const measured: Round[][] = [];
    for (const { name, run } of loads) {
      const ofLoad: Round[] = [];
      for (let round = 1; round <= rounds; round++) {
        const orders = `${name.replaceAll(' ', '-')}-${round}`;
        // In turn, so that other programs of the machine disturb both alike.
        ofLoad.push({ relay: await run(relay, orders), bare: await run(bare, orders) });
        onProgress(
          `${endpoints} endpoints, start ${start} of ${starts}, ${name}: round ${round} of ${rounds}`,
        );
      }
      measured.push(ofLoad);
    }
    return measured;
  } finally {
    await Promise.all([stop(relay), stop(bare)]);
  }
}

function loadsOf({ endpoints, deliveries, seconds }: CompareOptions): Load[] {
  const events = Math.ceil(deliveries / endpoints);
  return [
    ...CONCURRENCIES.map((concurrency) => ({
      name: `${concurrency} at once`,
      concurrency,
      run: (subject: Subject, orders: string) =>
        measureConcurrent(subject, webhooksOf(orders, concurrency === 1 ? events / 2 : events), concurrency),
    })),
    ...RATES.map((ratePerSecond) => ({
      name: `${ratePerSecond}/s`,
      ratePerSecond,
      run: (subject: Subject, orders: string) =>
        measureAtRate(subject, webhooksOf(orders.replace('/', '-'), ratePerSecond * seconds), ratePerSecond),
    })),
  ];
}
