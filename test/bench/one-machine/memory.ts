/** The relay's resident memory: when idle, and while it relays many events. */
import { setTimeout as sleep } from 'node:timers/promises';
import { webhooksOf } from '../webhooks.ts';
import { measureConcurrent, type Subject } from './load.ts';

const CONCURRENCY = 16;
const PARTS = 10;
/** Until then the first collections of garbage are over. */
const SETTLED_MS = 3_000;

export interface MemoryFigures {
  readonly events: number;
  readonly idleMb: number;
  /** After half of the events. */
  readonly halfMb: number;
  readonly endMb: number;
  /** After each tenth of the events. */
  readonly residentMb: readonly number[];
}

/** @param subject a relay that has relayed nothing yet */
export async function measureMemory(subject: Subject, events: number): Promise<MemoryFigures> {
  const { process: measured } = subject;
  await sleep(SETTLED_MS);
  const idleMb = (await measured.usage()).residentMb;
  const residentMb: number[] = [];
  for (let part = 1; part <= PARTS; part++) {
    await measureConcurrent(subject, webhooksOf(`memory-${part}`, Math.ceil(events / PARTS)), CONCURRENCY);
    residentMb.push((await measured.usage()).residentMb);
  }
  const at = (part: number) => residentMb[part - 1] ?? Number.NaN;
  return { events, idleMb, halfMb: at(PARTS / 2), endMb: at(PARTS), residentMb };
}
