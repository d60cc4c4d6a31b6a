/** The four functions with their timeouts, environment variables and permissions. */
import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  type FunctionName,
  REQUIRED_VARIABLES,
  type RequiredVariable,
  type SendingVariable,
} from '../contract/environment.ts';
import { BY_TIME_INDEX, OWED_INDEX } from '../contract/tables.ts';
import type { StackConfig } from './config.ts';
import {
  mayChangeVisibility,
  mayConsume,
  mayQueryIndex,
  mayRead,
  maySend,
  mayUse,
  mayUseConfig,
  mayUseKey,
} from './permissions.ts';
import type { Queues } from './queues.ts';
import { readableSecrets } from './readable-secrets.ts';
import { RelayFunction, type RelayFunctionProps } from './relay-function.ts';
import type { Tables } from './tables.ts';

export const TIMEOUTS = {
  /** API Gateway waits 30 s. */
  ingest: Duration.seconds(15),
  /** Ten orders in parallel, each with a backlog of events that take up to 30 s each. */
  fanOut: Duration.seconds(120),
  /** One attempt of up to 30 s, and the writes before and after it. */
  deliver: Duration.seconds(60),
  /** Ends before the next sweep starts, a minute later. */
  sweep: Duration.seconds(50),
};

/** Filters and transforms are evaluated in a separate process: see lib/node/expressions/process-expressions.ts. */
export const EXPRESSION_PROCESS = [
  'lib/node/expressions/expression-process.ts',
  'lib/node/expressions/expression-thread.ts',
];

export interface FunctionsProps {
  /** The relay's name, which is the dimension of its metrics. */
  readonly relayName: string;
  readonly tables: Tables;
  readonly queues: Queues;
  readonly settings: StackConfig;
  /** The customer managed key of tables and queues, if there is one. */
  readonly key?: IKey | undefined;
}

export class Functions extends Construct {
  readonly ingest: RelayFunction;
  readonly fanOut: RelayFunction;
  readonly deliver: RelayFunction;
  readonly sweep: RelayFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.ingest = this.#function('Ingest', ingest(props), props);
    this.fanOut = this.#function('FanOut', fanOut(props), props);
    this.deliver = this.#function('Deliver', deliver(props), props);
    this.sweep = this.#function('Sweep', sweep(props), props);
  }

  #function(
    id: string,
    description: Description,
    { relayName, key, settings }: FunctionsProps,
  ): RelayFunction {
    const may = [...description.may, ...(key ? [mayUseKey(key)] : [])];
    return new RelayFunction(this, id, { ...description, relayName, may, isTraced: settings.tracing });
  }
}

type Description = Omit<RelayFunctionProps, 'relayName' | 'isTraced'>;

function ingest(props: FunctionsProps): Description {
  const { tables, queues, settings } = props;
  return {
    handler: 'lambdas/ingest.ts',
    description: 'Stores a webhook and answers it',
    timeout: TIMEOUTS.ingest,
    memoryMb: settings.ingestMemoryMb,
    logRetentionDays: settings.logRetentionDays,
    environment: environmentOf('ingest', props),
    may: [
      mayUse(tables.eventLog, 'Query', 'PutItem'),
      mayUseConfig(tables.config, ['source'], 'Query'),
      maySend(queues.events),
    ],
  };
}

function fanOut(props: FunctionsProps): Description {
  const { tables, queues, settings } = props;
  return {
    handler: 'lambdas/fan-out.ts',
    processes: EXPRESSION_PROCESS,
    description: 'Sends an event to every subscribed endpoint and records the outcomes',
    timeout: TIMEOUTS.fanOut,
    memoryMb: settings.fanOutMemoryMb,
    logRetentionDays: settings.logRetentionDays,
    environment: { ...environmentOf('fanOut', props), ...sending(settings) },
    may: [
      mayUse(tables.eventLog, 'Query', 'GetItem', 'PutItem', 'UpdateItem'),
      // Fan-out checks the token of an event that ingest queued while it could not read the sources.
      mayUseConfig(tables.config, ['endpoint', 'health', 'source'], 'Query'),
      mayUseConfig(tables.config, ['health'], 'GetItem', 'UpdateItem'),
      mayConsume(queues.events),
      mayChangeVisibility(queues.events),
      maySend(queues.deliveries, queues.eventsDeadLetter),
      ...mayRead(tables, readableSecrets(settings)),
    ],
    network: networkOf(settings),
  };
}

function deliver(props: FunctionsProps): Description {
  const { tables, queues, settings } = props;
  return {
    handler: 'lambdas/deliver.ts',
    processes: EXPRESSION_PROCESS,
    description: 'Retries the deliveries that did not succeed during fan-out',
    timeout: TIMEOUTS.deliver,
    memoryMb: settings.deliverMemoryMb,
    logRetentionDays: settings.logRetentionDays,
    environment: { ...environmentOf('deliver', props), ...sending(settings) },
    may: [
      mayUse(tables.eventLog, 'Query', 'GetItem', 'UpdateItem'),
      mayQueryIndex(tables.eventLog, OWED_INDEX.name),
      mayUseConfig(tables.config, ['endpoint', 'health'], 'Query'),
      mayUseConfig(tables.config, ['health'], 'GetItem', 'UpdateItem'),
      mayConsume(queues.deliveries),
      mayChangeVisibility(queues.deliveries),
      maySend(queues.deliveries, queues.deliveriesDeadLetter),
      ...mayRead(tables, readableSecrets(settings)),
    ],
    network: networkOf(settings),
    // Deliver sends messages to its own queue. The relay's rules end that loop; Lambda's loop detection would stop it
    // after about sixteen rounds.
    recursiveLoop: RecursiveLoop.ALLOW,
  };
}

function sweep(props: FunctionsProps): Description {
  const { tables, queues, settings } = props;
  return {
    handler: 'lambdas/sweep.ts',
    description: 'Re-queues overdue work and sends notices',
    timeout: TIMEOUTS.sweep,
    memoryMb: settings.sweepMemoryMb,
    logRetentionDays: settings.logRetentionDays,
    environment: environmentOf('sweep', props),
    may: [
      mayQueryIndex(tables.eventLog, OWED_INDEX.name),
      mayQueryIndex(tables.eventLog, BY_TIME_INDEX.name),
      mayUse(tables.eventLog, 'Query', 'GetItem', 'PutItem', 'UpdateItem'),
      mayUseConfig(tables.config, ['endpoint', 'health'], 'Query'),
      mayUseConfig(tables.config, ['health'], 'GetItem', 'UpdateItem', 'DeleteItem'),
      maySend(queues.events, queues.deliveries),
    ],
    // The schedule invokes sweep asynchronously. Lambda would retry such an invocation twice, for up to six hours, but
    // the next minute's sweep does the same work.
    asynchronously: { retryAttempts: 0, maxEventAge: Duration.minutes(1) },
  };
}

/** The required variables of a function, with the names of what the stack creates. */
function environmentOf(
  name: FunctionName,
  { tables, queues, settings }: FunctionsProps,
): Readonly<Record<string, string>> {
  const values: Record<RequiredVariable, string> = {
    EVENT_LOG_TABLE: tables.eventLog.tableName,
    CONFIG_TABLE: tables.config.tableName,
    EVENTS_QUEUE_URL: queues.events.queueUrl,
    EVENTS_DEAD_LETTER_QUEUE_URL: queues.eventsDeadLetter.queueUrl,
    DELIVERIES_QUEUE_URL: queues.deliveries.queueUrl,
    DELIVERIES_DEAD_LETTER_QUEUE_URL: queues.deliveriesDeadLetter.queueUrl,
    RETENTION_DAYS: String(settings.retentionDays),
    PAYLOAD_RETENTION_DAYS: String(payloadRetentionDays(settings)),
    SILENCE_HOURS: String(settings.silenceHours),
  };
  return Object.fromEntries(REQUIRED_VARIABLES[name].map((variable) => [variable, values[variable]]));
}

/** A payload is never stored for longer than its event. */
export function payloadRetentionDays(settings: StackConfig): number {
  return Math.min(settings.payloadRetentionDays, settings.retentionDays);
}

/** The network of the functions that send to endpoints; undefined for that of AWS, with access to the Internet. */
function networkOf({ subnetIds, securityGroupIds }: StackConfig): RelayFunctionProps['network'] {
  if (subnetIds === '') return undefined;
  return { subnetIds: subnetIds.split(','), securityGroupIds: securityGroupIds.split(',') };
}

/** The further variables of the functions that send to endpoints. */
function sending({ allowedCidrs }: StackConfig): Readonly<Record<string, string>> {
  const optional: Partial<Record<SendingVariable, string>> =
    allowedCidrs === '' ? {} : { ALLOWED_CIDRS: allowedCidrs };
  return {
    ...optional,
    // Node uses at most half of its threads for name lookups. With the default of four threads, two name servers that
    // do not answer would block all other lookups.
    UV_THREADPOOL_SIZE: '32',
  };
}
