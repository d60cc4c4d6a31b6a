/** `npm run bench`: what the local relay takes, beside a bare pipeline on the same engines; and what an event costs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { callInThread } from '../../lib/emulator/call-in-thread.ts';
import { benchCalls } from './bench-calls.ts';
import { benchThroughput } from './bench-throughput.ts';
import { callsReport, startUpReport, throughputReport } from './report.ts';
import { measureStartUp } from './start-up.ts';

const SYNTHESIS = new URL('../../lib/stack/synthesize-template.ts', import.meta.url);

interface Options {
  readonly events: number;
  readonly endpoints: number;
  readonly json: boolean;
}

await new Command('npm run bench --')
  .description('Measures the local relay on this machine. Takes about a minute.')
  .option('--events <number>', 'webhooks in each round', parseCount(100_000), 600)
  .option('--endpoints <number>', 'endpoints that each webhook is passed on to', parseCount(200), 5)
  .option('--json', 'print one JSON document, and nothing else', false)
  .allowExcessArguments(false)
  .action(bench)
  .parseAsync();

async function bench({ events, endpoints, json }: Options): Promise<void> {
  const folder = folderOfThisRun();
  const print = json ? () => {} : (report: string) => console.log(`${report}\n`);

  const startUp = await measureStartUp(folder);
  print(startUpReport(startUp));
  const template = await synthesize();
  const throughput = await benchThroughput({ template, folder, events, endpoints });
  print(throughputReport(throughput));
  const calls = await benchCalls(template, [...new Set([1, endpoints, 50])]);
  print(callsReport(calls));

  if (json) console.log(JSON.stringify({ startUp, throughput, calls }, null, 2));
}

/** Removed however the run ends. */
function folderOfThisRun(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return folder;
}

async function synthesize(): Promise<unknown> {
  const synthesized = await callInThread(SYNTHESIS, 'synthesizeTemplate');
  return z.strictObject({ template: z.unknown() }).parse(synthesized).template;
}

function parseCount(most: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && count >= 1 && count <= most) return count;
    throw new InvalidArgumentError(`It must be a number from 1 to ${most}.`);
  };
}
