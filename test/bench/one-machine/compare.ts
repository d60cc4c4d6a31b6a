/** Puts each kind of load on the relay and on the bare reference, in turn. */
import { join } from 'node:path';
import { webhooksOf } from '../webhooks.ts';
import type { Comparison } from './bars.ts';
import { type Figures, measureAtRate, measureConcurrent, type Subject } from './load.ts';
import { startBare, startRelay, stop } from './subjects.ts';

const CONCURRENCIES = [1, 8, 32];
const RATES = [30, 200];
/** Until then V8 compiles and optimizes; a relay that runs for long does not. */
const WARM_UP_DELIVERIES = 30_000;

export interface CompareOptions {
  readonly folder: string;
  readonly endpoints: number;
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
  const { folder, endpoints, rounds, onProgress } = options;
  const relay = await startRelay(join(folder, `relay-${endpoints}`), endpoints);
  const bare = await startBare(join(folder, `bare-${endpoints}.db`), endpoints);
  try {
    for (const subject of [relay, bare])
      await measureConcurrent(subject, webhooksOf('warm-up', Math.ceil(WARM_UP_DELIVERIES / endpoints)), 8);
    const comparisons: Comparison[] = [];
    for (const load of loadsOf(options)) {
      const { run, name, ...kind } = load;
      const measured: { readonly relay: Figures; readonly bare: Figures }[] = [];
      for (let round = 1; round <= rounds; round++) {
        const orders = `${name.replaceAll(' ', '-')}-${round}`;
        // In turn, so that other programs of the machine disturb both alike.
        measured.push({ relay: await run(relay, orders), bare: await run(bare, orders) });
        onProgress(`${endpoints} endpoints, ${name}: round ${round} of ${rounds}`);
      }
      comparisons.push({ load: `${name}, ${endpoints} endpoints`, endpoints, ...kind, rounds: measured });
    }
    return comparisons;
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
