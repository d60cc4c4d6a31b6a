/**
 * The process that evaluates expressions; process-expressions.ts starts it. Its main thread only forwards messages to
 * the evaluating thread, so it is never busy and can end the process when the parent disconnects or memory grows.
 */
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Memory of Node itself, and about as much for strings and buffers. */
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

/** V8's heap limit does not include memory beside the heap, and V8 counts some allocations late. */
function endIfTooLarge(): void {
  const limitBytes = BESIDE_HEAP_BYTES + Number(memoryMb) * 1024 * 1024;
  // `process.exit` would wait for the thread.
  if (process.memoryUsage.rss() > limitBytes) process.kill(process.pid, 'SIGKILL');
}

/** When memory runs out, the kernel must end this process and not the function. */
function offerItselfToOomKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux: the heap limit alone must do on a developer's machine.
  }
}
