/** The bench's results as text. */
import { isDeepStrictEqual } from 'node:util';
import type { CallsBench, CallsForEndpoints } from './bench-calls.ts';
import type { PipelineBench, ThroughputBench } from './bench-throughput.ts';
import type { Charge } from './charges.ts';
import type { Latencies, Throughput } from './measure.ts';
import type { StartUp } from './start-up.ts';

export function startUpReport({ firstMs, laterMs }: StartUp): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
  return [
    'Start of the local relay, on an empty data folder, until it takes webhooks',
    `  median ${seconds(median(laterMs))}, of ${laterMs.map(seconds).join(', ')}`,
    `  the very first, with nothing compiled yet: ${seconds(firstMs)}`,
  ].join('\n');
}

export function throughputReport(bench: ThroughputBench): string {
  const { relay, bare, cores } = bench;
  const row = (what: string, cell: (pipeline: PipelineBench) => string, last = '') =>
    `  ${what.padEnd(42)}${cell(relay).padStart(18)}${cell(bare).padStart(18)}${last.padStart(14)}`;
  const inMedianRound = (text: (round: Throughput) => string) => (pipeline: PipelineBench) =>
    text(medianRound(pipeline));
  return [
    `Throughput: ${bench.events} webhooks, ${bench.concurrency} at a time, each to ${bench.endpoints} endpoints that answer at once`,
    `${''.padEnd(44)}${'relay'.padStart(18)}${'bare'.padStart(18)}${'relay : bare'.padStart(14)}`,
    row(
      'events per second, median round',
      inMedianRound((round) => round.eventsPerSecond.toFixed(0)),
      ratio(relay, bare, (round) => round.eventsPerSecond),
    ),
    row('  each round', ({ rounds }) => rounds.map((round) => round.eventsPerSecond.toFixed(0)).join(' ')),
    row('webhook answered, p50 / p95', inMedianRound(answered)),
    row('then at the last endpoint, p50 / p95', inMedianRound(passedOn)),
    row(
      'processor time per event',
      inMedianRound((round) => `${round.cpuMsPerEvent.toFixed(1)} ms`),
      ratio(relay, bare, (round) => round.cpuMsPerEvent),
    ),
    row(
      `cores busy, of ${cores}`,
      inMedianRound((round) => round.coresBusy.toFixed(2)),
    ),
    row(
      '  by other processes meanwhile',
      inMedianRound((round) => round.coresBusyElsewhere.toFixed(2)),
    ),
    row('busiest thread', inMedianRound(busiestThread)),
    row('deliveries repeated, in all rounds', ({ rounds }) =>
      String(rounds.reduce((sum, round) => sum + round.repeated, 0)),
    ),
    `  one webhook at a time, ${relay.eventsOneByOne} of them`,
    row('  webhook answered, p50 / p95', ({ oneByOne }) => answered(oneByOne)),
    row('  then at the last endpoint, p50 / p95', ({ oneByOne }) => passedOn(oneByOne)),
    '',
    '  bare: the same number of events through the same engines, with the calls of the happy path and nothing else:',
    '  per event one query for the newest id beside one payload written, one row written, one FIFO send;',
    '  receive and delete in batches; one query of events, one payload read, one query of deliveries, a POST',
    '  per endpoint over kept connections, one update. One thread, no HTTP in front, no functions, no logs, no checks.',
    `  Both after a warm-up of ${bench.warmUpEvents} events, in turn, in one process together with sender and endpoints, whose`,
    '  processor time is counted, too.',
  ].join('\n');
}

export function callsReport({ bodyBytes, byEndpoints }: CallsBench): string {
  return [
    `Calls for one event (a later one of its order, a body of ${bodyBytes} bytes) when every endpoint answers`,
    ...callsTable(byEndpoints),
    `  the same calls for all: ${allTheSame(byEndpoints) ? 'yes' : 'NO'}`,
    "  An order's first event, to functions that have just been started, makes beside that (an alias for the order,",
    `  and the config, which a running function reads every ten seconds): ${list(byEndpoints[0]?.firstBeside)}`,
    '',
    'Estimated AWS charges for these calls (us-east-1, on demand, no free tier)',
    "  The embedded DynamoDB leaves out writes to indexes; they are worked out here from the calls and the indexes' keys.",
    ...byEndpoints.flatMap(chargesText),
    '  Not in it: Lambda, API Gateway, logs, storage, traffic, and SQS requests of pollers that find nothing. Under load',
    '  up to ten events share a receive and a delete.',
  ].join('\n');
}

function callsTable(byEndpoints: readonly CallsForEndpoints[]): string[] {
  const row = (what: string, cells: readonly (string | number)[]) =>
    `  ${what.padEnd(38)}${cells.map((cell) => String(cell).padStart(14)).join('')}`;
  const rowsOf = (part: 'ingest' | 'fanOut', name: string) => {
    const commands = [...new Set(byEndpoints.flatMap((one) => Object.keys(one[part])))];
    return commands.map((command, index) =>
      row(
        `${(index === 0 ? name : '').padEnd(9)}${command}`,
        byEndpoints.map((one) => one[part][command] ?? 0),
      ),
    );
  };
  return [
    row(
      '',
      byEndpoints.map(({ endpoints }) => endpointsText(endpoints)),
    ),
    ...rowsOf('ingest', 'ingest'),
    ...rowsOf('fanOut', 'fan-out'),
    row(
      'capacity units reported, ingest',
      byEndpoints.map(({ reportedUnits }) => reportedUnits.ingest),
    ),
    row(
      'capacity units reported, fan-out',
      byEndpoints.map(({ reportedUnits }) => reportedUnits.fanOut),
    ),
  ];
}

function allTheSame([first, ...others]: readonly CallsForEndpoints[]): boolean {
  return others.every(
    (other) =>
      isDeepStrictEqual(other.ingest, first?.ingest) && isDeepStrictEqual(other.fanOut, first?.fanOut),
  );
}

function chargesText({ endpoints, aws }: CallsForEndpoints): string[] {
  return [
    `  ${endpointsText(endpoints)}: $${aws.usdPerMillionEvents.toFixed(2)} for a million events`,
    ...aws.charges.map(chargeText),
  ];
}

function chargeText({ what, of, units, usdPerMillionUnits }: Charge): string {
  const usd = (units * usdPerMillionUnits).toFixed(3);
  return `    ${what.padEnd(15)}${of.padEnd(62)}= ${String(units).padStart(2)} × $${usdPerMillionUnits.toFixed(3)} = $${usd}`;
}

function endpointsText(endpoints: number): string {
  return endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`;
}

function list(counts: Readonly<Record<string, number>> = {}): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function answered({ answeredMs }: Latencies): string {
  return `${answeredMs.p50.toFixed(1)} / ${answeredMs.p95.toFixed(1)} ms`;
}

function passedOn({ passedOnMs }: Latencies): string {
  return `${passedOnMs.p50.toFixed(1)} / ${passedOnMs.p95.toFixed(1)} ms`;
}

function busiestThread({ busiestThread: { isMain, share } }: Throughput): string {
  return `${(share * 100).toFixed(0)} %, ${isMain ? 'the main' : 'another'}`;
}

/** The middle one by events per second. */
function medianRound({ rounds }: PipelineBench): Throughput {
  const middle = rounds.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond)[
    Math.floor(rounds.length / 2)
  ];
  if (middle === undefined) throw new Error('There was no round');
  return middle;
}

/** The median of what the rounds give, each of which is compared with the one run right after it. */
function ratio(relay: PipelineBench, bare: PipelineBench, value: (round: Throughput) => number): string {
  const ratios = relay.rounds.flatMap((round, index) => {
    const beside = bare.rounds[index];
    return beside === undefined ? [] : [value(round) / value(beside)];
  });
  return median(ratios).toFixed(2);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
