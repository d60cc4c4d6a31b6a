/** The way to a relay, local or deployed: its tables and queues, and what else an operator needs to know of it. */
import { z } from 'zod';
import type { ConfigWriter } from '../aws/dynamodb/config-writer.ts';
import type { EventLogReader } from '../aws/dynamodb/event-log-reader.ts';
import type { EventLogWriter } from '../aws/dynamodb/event-log-writer.ts';
import type { DeadLetters } from '../aws/sqs/dead-letters.ts';
import type { Config } from '../relay/config.ts';
import type { Clock } from '../relay/model/clock.ts';
import type { ConfigTable } from '../relay/ports/config-table.ts';
import type { EventLog } from '../relay/ports/event-log.ts';
import type { DeliveryQueue, EventQueue } from '../relay/ports/queues.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';

export interface Connection {
  readonly relay: RelayDescription;
  readonly clock: Clock;
  readonly configTable: ConfigTable;
  readonly configWriter: ConfigWriter;
  /** The Config table as the functions see it. */
  readonly config: Config;
  readonly eventLog: EventLog;
  readonly eventLogReader: EventLogReader;
  readonly eventLogWriter: EventLogWriter;
  /** Passes on what is odd, and nothing else. */
  readonly telemetry: Telemetry;
  /** Opened when they are first asked for: few commands need them. */
  queues(): Promise<Queues>;
  /** Lets go of the sockets. */
  close(): void;
}

/** The relay's queues, to wake its functions by, and what has ended up beside them. */
export interface Queues {
  readonly eventQueue: EventQueue;
  readonly deliveryQueue: DeliveryQueue;
  readonly deadLetters: Readonly<Record<QueueName, DeadLetters>>;
}

export const QUEUE_NAMES = ['events', 'deliveries'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** Where a relay is, and by which names its parts go. */
export interface RelayDescription {
  /** What a person calls it: `the local relay on port 8787`, `the stack SensariaRelay`. */
  readonly title: string;
  /** Ends in `/webhooks/`. */
  readonly webhookBaseAddress: string;
  readonly configTableName: string;
  readonly eventLogTableName: string;
  readonly queueUrls: Readonly<Record<QueueName, string>>;
  readonly deadLetterQueueUrls: Readonly<Record<QueueName, string>>;
  readonly retentionDays: number;
  readonly payloadRetentionDays: number;
  /** How DynamoDB and SQS are reached; region, credentials and endpoint come from the environment unless given. */
  readonly dynamoDbConfig: ServiceConfig;
  readonly sqsConfig: ServiceConfig;
  /** Where a local relay keeps everything; absent for a deployed one. */
  readonly dataDir?: string;
}

/** How many days rows are kept. 30 is the stack's default, for a stack of an earlier version that does not say. */
export const retentionDaysSchema = z.coerce.number().int().min(1).default(30);

interface ServiceConfig {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Somebody at a terminal waits rather than that a message is received, and nobody hears of it. */
const SQS_LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/**
 * Opens a connection. Nothing is sent yet.
 *
 * @param warn hears what is odd about rows that were read, such as one passed over because its key is none of ours
 */
export async function connect(relay: RelayDescription, warn: (message: string) => void): Promise<Connection> {
  // The AWS SDK takes longest to load; who only asks for help need not wait for it.
  const [aws, { Config }] = await Promise.all([loadTables(), import('../relay/config.ts')]);
  const client = aws.dynamoDbClient(relay.dynamoDbConfig);
  const configOptions = { client, tableName: relay.configTableName };
  const clock = aws.systemClock;
  const telemetry = warningsOnly(warn);
  const { retentionDays, payloadRetentionDays } = relay;
  const log = { client, tableName: relay.eventLogTableName, clock, telemetry };
  const configTable = new aws.DynamoConfigTable(configOptions);
  const sqs: { close?: () => void; opened?: Promise<Queues> } = {};
  return {
    relay,
    clock,
    telemetry,
    configTable,
    config: new Config(configTable, clock, telemetry),
    configWriter: new aws.ConfigWriter(configOptions),
    eventLog: new aws.DynamoEventLog({ ...log, retentionDays, payloadRetentionDays }),
    eventLogReader: new aws.EventLogReader(log),
    eventLogWriter: new aws.EventLogWriter(log),
    queues() {
      sqs.opened ??= openQueues(relay, telemetry, (close) => {
        sqs.close = close;
      });
      return sqs.opened;
    },
    close() {
      client.destroy();
      sqs.close?.();
    },
  };
}

async function loadTables() {
  const modules = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/dynamodb/config-table.ts'),
    import('../aws/dynamodb/config-writer.ts'),
    import('../aws/dynamodb/event-log.ts'),
    import('../aws/dynamodb/event-log-reader.ts'),
    import('../aws/dynamodb/event-log-writer.ts'),
    import('../aws/system-clock.ts'),
  ]);
  const [clients, table, writer, log, logReader, logWriter, clock] = modules;
  return { ...clients, ...table, ...writer, ...log, ...logReader, ...logWriter, ...clock };
}

async function openQueues(
  { queueUrls, deadLetterQueueUrls, sqsConfig }: RelayDescription,
  telemetry: Telemetry,
  onOpen: (close: () => void) => void,
): Promise<Queues> {
  const [{ sqsClient }, { SqsEventQueue }, { SqsDeliveryQueue }, { DeadLetters }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/sqs/event-queue.ts'),
    import('../aws/sqs/delivery-queue.ts'),
    import('../aws/sqs/dead-letters.ts'),
  ]);
  const client = sqsClient({ ...SQS_LIMITS, ...sqsConfig });
  onOpen(() => client.destroy());
  const deadLetters = (name: QueueName) =>
    new DeadLetters({ client, queueUrl: deadLetterQueueUrls[name], sourceUrl: queueUrls[name] });
  return {
    eventQueue: new SqsEventQueue({ client, queueUrl: queueUrls.events, telemetry }),
    deliveryQueue: new SqsDeliveryQueue({ client, queueUrl: queueUrls.deliveries, telemetry }),
    deadLetters: { events: deadLetters('events'), deliveries: deadLetters('deliveries') },
  };
}

/** The functions' logs and metrics are no concern of an operator who reads a table. */
function warningsOnly(warn: (message: string) => void): Telemetry {
  const describe = (message: string, fields: object = {}) =>
    warn([message, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(', '));
  return { info: () => {}, count: () => {}, warn: describe, error: (message) => describe(message) };
}
