/** Estimates AWS's bill for a relay from counted operations, measured durations and list prices. */
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import type { Call } from './call-recorder.ts';
import { chargesOf } from './charges.ts';
import { durationMs, FUNCTIONS } from './durations.ts';
import type { EventCalls } from './event-calls.ts';
import { PRICES } from './prices.ts';
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
  readonly perMillionByDeliver: number;
  readonly idleMonth: ByService;
}

const MILLION = 1e6;
const BYTES_PER_GB = 1e9;
const DAYS_PER_MONTH = 365 / 12;
const MINUTES_PER_MONTH = DAYS_PER_MONTH * 24 * 60;
const SECONDS_PER_MONTH = MINUTES_PER_MONTH * 60;
/** CloudWatch Logs adds this to each entry (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html). */
const BYTES_PER_ENTRY = 26;
/** The access log's line, with typical values. */
const ACCESS_LOG_BYTES = 216;
/** A mapping with a maximum concurrency polls with five pollers, each for up to 20 seconds (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). */
const POLLS_PER_MONTH = (5 * SECONDS_PER_MONTH) / 20;

export function costOf(inputs: CostInputs): Cost {
  const perMillionEvents = eventCost(inputs);
  return {
    perMillionEvents,
    perMillionByDeliver: deliverCost(inputs),
    idleMonth: idleCost(inputs),
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
function deliverCost({ event, slow, parts, table }: CostInputs): number {
  const usual = callsCost([...event.ingest, ...event.fanOut], table);
  const all = callsCost([...slow.event.ingest, ...slow.event.fanOut, ...slow.deliver], table);
  const loggedBytes = FUNCTIONS.deliver.logBytes + BYTES_PER_ENTRY;
  return (
    all.dynamoDb -
    usual.dynamoDb +
    (all.sqs - usual.sqs) +
    lambdaCost('deliver', parts.memoryMb.deliver) +
    (loggedBytes / BYTES_PER_GB) * MILLION * PRICES.logs.usd
  );
}

function idleCost({ sweep, parts, table }: CostInputs): ByService {
  const sweeps = MINUTES_PER_MONTH / MILLION;
  const polls = POLLS_PER_MONTH / MILLION;
  return new Map([
    ['CloudWatch alarms', parts.alarmMetrics * PRICES.alarmMetric.usd],
    ['Lambda, sweep', lambdaCost('sweep', parts.memoryMb.sweep) * sweeps],
    ['EventBridge Scheduler', PRICES.schedule.usd * sweeps],
    ['DynamoDB, reads of sweep', callsCost(sweep, table).dynamoDb * sweeps],
    ['SQS, polls of two empty queues', polls * (PRICES.sqsFifo.usd + PRICES.sqsStandard.usd)],
    ['KMS', parts.keys * PRICES.key.usd],
  ]);
}

/** For a million invocations. */
function lambdaCost(name: keyof typeof FUNCTIONS, memoryMb: number): number {
  const gbSeconds = (durationMs(name, memoryMb) / 1_000) * (memoryMb / 1_024);
  return PRICES.lambdaRequest.usd + gbSeconds * MILLION * PRICES.lambdaDuration.usd;
}

/** For a million repetitions. Deliver's queue is a standard queue, which is a little cheaper than counted here. */
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
