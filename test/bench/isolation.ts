/**
 * `npm run bench:isolation`: what a bad endpoint costs four good ones, from its first event on.
 *
 * For each way of being bad, pairs of runs: the four alone, then beside the fifth. The time is that from a webhook's
 * 2xx until all four have it. Exit code 1 when the median ratio at p99 is above {@link LIMIT} for any of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { wholeNumber } from '../../bin/whole-number.ts';
import { epochMs } from '../../lib/emulator/lambda/invocation.ts';
import { BAD_WAYS, type BadEndpoint, type BadWay, startBadEndpoint } from './bad-endpoints.ts';
import type { Pipeline } from './pipeline.ts';
import { type Receivers, startReceivers } from './receivers.ts';
import { ENGINES, type Engine, startRelayPipeline } from './relay-pipeline.ts';
import { type Webhook, webhooksOf } from './webhooks.ts';

const GOOD_ENDPOINTS = 4;
const LIMIT = 1.5;
/** The functions read the config again within ten seconds. */
const CONFIG_SEEN_MS = 11_000;

interface Options {
  readonly engine: Engine;
  readonly pairs: number;
  readonly seconds: number;
  readonly rate: number;
  readonly json: boolean;
}

interface Half {
  readonly p50: number;
  readonly p99: number;
}

interface Pair {
  readonly alone: Half;
  readonly beside: Half;
  /** Requests that the bad endpoint got meanwhile. */
  readonly badRequests: number;
}

const options = new Command('npm run bench:isolation --')
  .description(
    'Measures what a bad endpoint costs four good ones. Exit code 1 when their slowest events take too much longer beside it.',
  )
  .addOption(
    new Option('--engine <name>', 'the relay on one machine, or the emulated stack')
      .choices(ENGINES)
      .default('sqlite'),
  )
  .option('--pairs <number>', 'pairs of runs for each way of being bad', wholeNumber(1, 9_999), 5)
  .option('--seconds <number>', 'how long each run is', wholeNumber(1, 9_999), 7)
  .option('--rate <number>', 'webhooks in a second', wholeNumber(1, 9_999), 15)
  .option('--json', 'the figures as JSON', false)
  .parse()
  .opts<Options>();

const folder = mkdtempSync(join(tmpdir(), 'sensaria-relay-isolation-'));
const receivers = await startReceivers(GOOD_ENDPOINTS);
const relay = await startRelayPipeline(options.engine, join(folder, 'data'), receivers.urls);
let runs = 0;
try {
  await measure(relay, receivers);
  const results = new Map<BadWay, Pair[]>();
  for (const way of BAD_WAYS) {
    const pairs: Pair[] = [];
    for (let pair = 1; pair <= options.pairs; pair++) {
      pairs.push(await measurePair(way));
      if (!options.json) console.error(`${way}, pair ${pair} of ${options.pairs}: ${pairText(pairs.at(-1))}`);
    }
    results.set(way, pairs);
  }
  report(results);
} finally {
  await relay.stop();
  await receivers.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

async function measurePair(way: BadWay): Promise<Pair> {
  const alone = await measure(relay, receivers);
  const bad = await startBadEndpoint(way);
  try {
    return { alone, ...(await measureBeside(bad, way)) };
  } finally {
    await bad.stop();
  }
}

/** The fifth is new each time: nothing is known of it when the first webhook comes. */
async function measureBeside(bad: BadEndpoint, way: BadWay): Promise<Omit<Pair, 'alone'>> {
  const id = `bad-${runs}`;
  await relay.putEndpoint(id, { url: bad.url, ...(way === 'answers after 29 s' && { timeoutSeconds: 30 }) });
  await sleep(CONFIG_SEEN_MS);
  const beside = await measure(relay, receivers);
  const badRequests = bad.requests();
  await relay.removeEndpoint(id);
  await sleep(CONFIG_SEEN_MS);
  return { beside, badRequests };
}

/** Webhooks at a steady pace, whether or not the ones before are answered, six of each order. */
async function measure(pipeline: Pipeline, { haveAll }: Receivers): Promise<Half> {
  runs += 1;
  const webhooks = webhooksOf(`run-${runs}`, options.seconds * options.rate);
  const [sent, arrivals] = await Promise.all([sendAtPace(pipeline, webhooks), haveAll(webhooks.length)]);
  const durations = [...sent].map(([eventId, answeredAtMs]) => {
    const arrivedAtMs = arrivals.lastAtMs.get(eventId);
    if (arrivedAtMs === undefined) throw new Error(`${eventId} did not reach the good endpoints`);
    return Math.max(0, arrivedAtMs - answeredAtMs);
  });
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** When each was answered, by event id. */
async function sendAtPace(pipeline: Pipeline, webhooks: readonly Webhook[]): Promise<Map<string, number>> {
  const answered = new Map<string, number>();
  const sending: Promise<void>[] = [];
  for (const webhook of webhooks) {
    sending.push(pipeline.send(webhook).then((eventId) => void answered.set(eventId, epochMs())));
    await sleep(1_000 / options.rate);
  }
  await Promise.all(sending);
  return answered;
}

function report(results: ReadonlyMap<BadWay, readonly Pair[]>): void {
  const rows = [...results].map(([way, pairs]) => {
    const ratio = (share: keyof Half) =>
      median(pairs.map(({ alone, beside }) => beside[share] / alone[share]));
    const figure = (half: 'alone' | 'beside', share: keyof Half) =>
      median(pairs.map((pair) => pair[half][share]));
    return {
      'the fifth endpoint': way,
      'p50 alone': figure('alone', 'p50'),
      'p50 beside': figure('beside', 'p50'),
      'p50 ratio': ratio('p50'),
      'p99 alone': figure('alone', 'p99'),
      'p99 beside': figure('beside', 'p99'),
      'p99 ratio': ratio('p99'),
      'requests to it': median(pairs.map(({ badRequests }) => badRequests)),
    };
  });
  if (options.json) console.log(JSON.stringify({ rows, results: Object.fromEntries(results) }));
  else {
    console.log(
      `\nFrom a webhook's 2xx until four good endpoints have it, in milliseconds; medians of ${options.pairs} pairs.`,
    );
    console.table(
      rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, rounded(value)])),
      ),
    );
  }
  process.exitCode = rows.some((row) => row['p99 ratio'] > LIMIT) ? 1 : 0;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(value: number | string): number | string {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}

function pairText(pair: Pair | undefined): string {
  if (pair === undefined) return '';
  const text = ({ p50, p99 }: Half) => `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
  return `alone ${text(pair.alone)}; beside ${text(pair.beside)}; it got ${pair.badRequests} requests`;
}
