/** Estimates AWS's bill for a relay from counted operations, measured durations and list prices. */
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import type { Call } from './call-recorder.ts';
import { chargesOf } from './charges.ts';
import { durationMs, FUNCTIONS } from './durations.ts';
import type { EventCalls } from './event-calls.ts';
import { ALWAYS_FREE, PRICES } from './prices.ts';
import type { DeployedParts } from './template-parts.ts';

export interface CostInputs {
  /** An order's later event, when every endpoint answers quickly. */
  readonly event: EventCalls;
  /** The same for an endpoint that fan-out leaves to deliver, and the calls of deliver. */
  readonly slow: { readonly event: EventCalls; readonly deliver: readonly Call[] };
  /** A sweep that finds nothing. */
  readonly sweep: readonly Call[];
  readonly parts: DeployedParts;
  /** The EventLog table, for its indexes. */
  readonly table: TableDefinition;
}

export type ByService = ReadonlyMap<string, number>;

export interface Cost {
  readonly perMillionEvents: ByService;
  /** A million deliveries that fan-out leaves to deliver cost this much more. */
  readonly perMillionByDeliver: ByService;
  readonly idleMonth: ByService;
  /** The same in an account that uses AWS's free tier for nothing else. */
  readonly idleMonthAlone: ByService;
}

/** Units of a month that are billed, after those that are free. */
type Billed = (units: number, free: number) => number;

const AT_LIST_PRICE: Billed = (units) => units;
const AFTER_FREE_TIER: Billed = (units, free) => Math.max(0, units - free);

const MILLION = 1e6;
const BYTES_PER_GB = 1e9;
const DAYS_PER_MONTH = 365 / 12;
const MINUTES_PER_MONTH = DAYS_PER_MONTH * 24 * 60;
const SECONDS_PER_MONTH = MINUTES_PER_MONTH * 60;
/** CloudWatch Logs adds this to each entry (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html). */
const BYTES_PER_ENTRY = 26;
/** The access log's line, with typical values. */
const ACCESS_LOG_BYTES = 216;
/**
 * A mapping with a maximum concurrency polls with five pollers: Lambda reduces them to two only without that setting
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). An empty poll takes 20 seconds, also with a
 * shorter batching window. AWS names no number for a FIFO queue, so it is counted like a standard one.
 */
const POLLS_PER_MONTH = (5 * SECONDS_PER_MONTH) / 20;

export function costOf(inputs: CostInputs): Cost {
  const perMillionEvents = eventCost(inputs);
  return {
    perMillionEvents,
    perMillionByDeliver: deliverCost(inputs),
    idleMonth: idleCost(inputs, AT_LIST_PRICE),
    idleMonthAlone: idleCost(inputs, AFTER_FREE_TIER),
  };
}

export function totalOf(cost: ByService): number {
  return [...cost.values()].reduce((total, usd) => total + usd, 0);
}

function eventCost({ event, parts, table }: CostInputs): ByService {
  const { dynamoDb, sqs } = callsCost([...event.ingest, ...event.fanOut], table);
  const { memoryMb, retentionDays } = parts;
  const storedGb = storedBytes(event) / BYTES_PER_GB;
  const loggedBytes =
    FUNCTIONS.ingest.logBytes + FUNCTIONS.fanOut.logBytes + ACCESS_LOG_BYTES + 4 * BYTES_PER_ENTRY;
  return new Map([
    ['API Gateway', PRICES.httpApi.usd],
    ['Lambda', lambdaCost('ingest', memoryMb.ingest) + lambdaCost('fanOut', memoryMb.fanOut)],
    ['DynamoDB, reads and writes', dynamoDb],
    [
      'DynamoDB, storage and backup',
      storedGb *
        MILLION *
        (retentionDays / DAYS_PER_MONTH) *
        (PRICES.dynamoDbStorage.usd + PRICES.dynamoDbBackup.usd),
    ],
    ['SQS', sqs],
    ['CloudWatch logs', (loggedBytes / BYTES_PER_GB) * MILLION * PRICES.logs.usd],
    ['Traffic to endpoints', (event.sentBytes / BYTES_PER_GB) * MILLION * PRICES.trafficOut.usd],
  ]);
}

/** The additional cost over an event whose only endpoint answers inline. */
function deliverCost({ event, slow, parts, table }: CostInputs): ByService {
  const usual = callsCost([...event.ingest, ...event.fanOut], table);
  const all = callsCost([...slow.event.ingest, ...slow.event.fanOut, ...slow.deliver], table);
  const loggedBytes = FUNCTIONS.deliver.logBytes + BYTES_PER_ENTRY;
  return new Map([
    ['Lambda', lambdaCost('deliver', parts.memoryMb.deliver)],
    ['DynamoDB, reads and writes', all.dynamoDb - usual.dynamoDb],
    ['SQS', all.sqs - usual.sqs],
    ['CloudWatch logs', (loggedBytes / BYTES_PER_GB) * MILLION * PRICES.logs.usd],
  ]);
}

/** The price of custom metrics with webhooks in every hour. */
export function metricsCost(count: number): { usd: number; usdAlone: number } {
  const usd = (billed: Billed) => billed(count, ALWAYS_FREE.metrics) * PRICES.metric.usd;
  return { usd: usd(AT_LIST_PRICE), usdAlone: usd(AFTER_FREE_TIER) };
}

function idleCost({ sweep, parts, table }: CostInputs, billed: Billed): ByService {
  const sweeps = MINUTES_PER_MONTH / MILLION;
  const sweepGbSeconds = MINUTES_PER_MONTH * gbSecondsOf('sweep', parts.memoryMb.sweep);
  const polls = billed(2 * POLLS_PER_MONTH, ALWAYS_FREE.sqsRequests) / MILLION;
  return new Map([
    ['CloudWatch alarms', billed(parts.alarmMetrics, ALWAYS_FREE.alarmMetrics) * PRICES.alarmMetric.usd],
    [
      'Lambda, sweep',
      (billed(MINUTES_PER_MONTH, ALWAYS_FREE.lambdaRequests) / MILLION) * PRICES.lambdaRequest.usd +
        billed(sweepGbSeconds, ALWAYS_FREE.lambdaGbSeconds) * PRICES.lambdaDuration.usd,
    ],
    [
      'EventBridge Scheduler',
      (billed(MINUTES_PER_MONTH, ALWAYS_FREE.schedules) / MILLION) * PRICES.schedule.usd,
    ],
    ['DynamoDB, reads of sweep', callsCost(sweep, table).dynamoDb * sweeps],
    // Half of the polls are to each kind of queue.
    ['SQS, polls of two empty queues', (polls * (PRICES.sqsFifo.usd + PRICES.sqsStandard.usd)) / 2],
    ['KMS', parts.keys * PRICES.key.usd],
  ]);
}

/** For a million invocations. */
function lambdaCost(name: keyof typeof FUNCTIONS, memoryMb: number): number {
  return PRICES.lambdaRequest.usd + gbSecondsOf(name, memoryMb) * MILLION * PRICES.lambdaDuration.usd;
}

/** Of an invocation. */
function gbSecondsOf(name: keyof typeof FUNCTIONS, memoryMb: number): number {
  return (durationMs(name, memoryMb) / 1_000) * (memoryMb / 1_024);
}

/** For a million repetitions. Deliver's queue is a fair queue, which costs as much as the FIFO queue. */
function callsCost(calls: readonly Call[], table: TableDefinition): { dynamoDb: number; sqs: number } {
  const { charges } = chargesOf(calls, table);
  const usd = (isSqs: boolean) =>
    charges
      .filter(({ what }) => (what === 'SQS requests') === isSqs)
      .reduce((sum, { units, usdPerMillionUnits }) => sum + units * usdPerMillionUnits, 0);
  return { dynamoDb: usd(false), sqs: usd(true) };
}

/** DynamoDB bills a kilobyte or part of it as a write, so the rows are at most this large. */
function storedBytes({ ingest, fanOut }: EventCalls): number {
  const puts = [...ingest, ...fanOut].filter(({ command }) => command === 'PutItem');
  return puts.reduce((sum, { units }) => sum + units * 1_024, 0);
}
