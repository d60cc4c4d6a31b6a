/**
 * The process in which expressions are evaluated, started by process-expressions.ts. Its main thread only passes messages
 * on, and so is never busy: it notices when nobody is left that waits for an answer, and ends whatever the other does.
 */
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What Node itself takes, and as much again for texts and buffers. */
const BESIDE_HEAP_BYTES = 160 * 1024 * 1024;
const WATCHED_EVERY_MS = 10;

const [memoryMb] = process.argv.slice(2);

offerItselfToOomKiller();
const thread = new Worker(new URL(`./expression-thread${extname(import.meta.url)}`, import.meta.url), {
  env: {},
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: Number(memoryMb) },
});
let watch: NodeJS.Timeout | undefined;
thread.on('message', (answer) => {
  clearInterval(watch);
  process.send?.(answer);
});
thread.on('error', () => process.exit(1));
process.on('message', (job) => {
  watch = setInterval(endIfTooLarge, WATCHED_EVERY_MS);
  thread.postMessage(job);
});
process.on('disconnect', () => process.exit());

/** The heap's limit does not hold for what V8 allocates beside the heap, or counts only later. */
function endIfTooLarge(): void {
  const limitBytes = BESIDE_HEAP_BYTES + Number(memoryMb) * 1024 * 1024;
  // To exit would be to wait for the thread.
  if (process.memoryUsage.rss() > limitBytes) process.kill(process.pid, 'SIGKILL');
}

/** V8 counts some allocations only once they are made. Where memory is short, the function itself must be spared. */
function offerItselfToOomKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux: a laptop has memory, and the heap's limit holds.
  }
}
