/** How much processor time each thread of this process takes. To be imported before the first thread is started. */
import type { Worker } from 'node:worker_threads';

const workers = new Set<Worker>();
process.on('worker', (worker) => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

export interface ThreadCpu {
  readonly isMain: boolean;
  readonly cpuMs: number;
}

/** Starts counting; the returned function tells what each thread has used since, the busiest first. */
export async function countThreadCpu(): Promise<() => Promise<ThreadCpu[]>> {
  const before = new Map(await usageOfAll());
  return async () => {
    const used = (await usageOfAll()).map(([thread, cpuMs]) => ({
      isMain: thread === 'main',
      cpuMs: cpuMs - (before.get(thread) ?? 0),
    }));
    return used.sort((a, b) => b.cpuMs - a.cpuMs);
  };
}

type Thread = Worker | 'main';

async function usageOfAll(): Promise<(readonly [Thread, number])[]> {
  const ofWorkers = await Promise.all(
    [...workers].map(async (worker) => [worker, milliseconds(await worker.cpuUsage())] as const),
  );
  return [['main', milliseconds(process.threadCpuUsage())], ...ofWorkers];
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
