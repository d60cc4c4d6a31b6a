/** Connects to a relay's tables and queues. */
import { ProcessExpressions } from '../node/expressions/process-expressions.ts';
import type { Connection, QueueName, Queues } from '../operator/connection.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import type { AwsRelay } from './aws-relay.ts';
import { warningsOnly } from './warnings-only.ts';

export interface AwsConnection extends Connection {
  readonly relay: AwsRelay;
}

/** Longer than the functions' limits: a receive that times out would hide its messages from the operator. */
const SQS_LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/**
 * Opens a connection. Nothing is sent yet.
 *
 * @param warn receives a sentence about every row that cannot be used, such as one with an unknown key
 */
export async function connect(relay: AwsRelay, warn: (message: string) => void): Promise<AwsConnection> {
  // Loaded here: the AWS SDK takes longest to load, and `--help` does not need it.
  const [aws, { Config }] = await Promise.all([loadTables(), import('../relay/config.ts')]);
  const client = aws.dynamoDbClient(relay.dynamoDbConfig);
  const configOptions = { client, tableName: relay.configTableName };
  const clock = aws.systemClock;
  const telemetry = warningsOnly(warn);
  const { retentionDays, payloadRetentionDays } = relay;
  const log = { client, tableName: relay.eventLogTableName, clock, telemetry };
  const eventWriter = new aws.DynamoEventWriter(log);
  const configTable = new aws.DynamoConfigTable(configOptions);
  const sqs: { close?: () => void; opened?: Promise<Queues> } = {};
  return {
    relay,
    clock,
    telemetry,
    configTable,
    config: new Config(configTable, clock, telemetry),
    configWriter: new aws.DynamoConfigWriter(configOptions),
    eventLog: new aws.DynamoEventLog({ ...log, retentionDays, payloadRetentionDays }),
    eventReader: new aws.DynamoEventReader(log),
    eventWriter,
    eventEraser: eventWriter,
    openExpressions: () => new ProcessExpressions({ waitLimitMs: 60_000 }),
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
    import('../node/system-clock.ts'),
  ]);
  const [clients, table, writer, log, logReader, logWriter, clock] = modules;
  return { ...clients, ...table, ...writer, ...log, ...logReader, ...logWriter, ...clock };
}

async function openQueues(
  { queueUrls, deadLetterQueueUrls, sqsConfig }: AwsRelay,
  telemetry: Telemetry,
  onOpen: (close: () => void) => void,
): Promise<Queues> {
  const [{ sqsClient }, { SqsEventQueue }, { SqsDeliveryQueue }, { SqsDeadLetters }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/sqs/event-queue.ts'),
    import('../aws/sqs/delivery-queue.ts'),
    import('../aws/sqs/dead-letters.ts'),
  ]);
  const client = sqsClient({ ...SQS_LIMITS, ...sqsConfig });
  onOpen(() => client.destroy());
  const deadLetters = (name: QueueName) =>
    new SqsDeadLetters({ client, queueUrl: deadLetterQueueUrls[name], sourceUrl: queueUrls[name] });
  return {
    eventQueue: new SqsEventQueue({ client, queueUrl: queueUrls.events, telemetry }),
    deliveryQueue: new SqsDeliveryQueue({ client, queueUrl: queueUrls.deliveries, telemetry }),
    deadLetters: { events: deadLetters('events'), deliveries: deadLetters('deliveries') },
  };
}
