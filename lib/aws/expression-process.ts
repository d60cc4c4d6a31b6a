/**
 * The process in which expressions are evaluated, started by process-expressions.ts. Its main thread only passes messages
 * on, and so is never busy: it notices when nobody is left that waits for an answer, and ends whatever the other does.
 */
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

const [memoryMb] = process.argv.slice(2);

offerItselfToOomKiller();
const thread = new Worker(new URL(`./expression-thread${extname(import.meta.url)}`, import.meta.url), {
  env: {},
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: Number(memoryMb) },
});
thread.on('message', (answer) => process.send?.(answer));
thread.on('error', () => process.exit(1));
process.on('message', (job) => thread.postMessage(job));
process.on('disconnect', () => process.exit());

/** V8 counts some allocations only once they are made. Where memory is short, the function itself must be spared. */
function offerItselfToOomKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux: a laptop has memory, and the heap's limit holds.
  }
}
