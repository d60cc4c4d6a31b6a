/** An emulated stack without functions. Commands only use its tables and queues. */
import { randomUUID } from 'node:crypto';
import { PurgeQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { DeleteCommand, PutCommand, paginateScan, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { dynamoDbClient, sqsClient } from '../../lib/aws/clients.ts';
import { type AwsConnection, connect } from '../../lib/connect/connect.ts';
import { findEmulator } from '../../lib/connect/local-relay.ts';
import { relays } from '../../lib/connect/relays.ts';
import { type Emulator, startEmulator } from '../../lib/emulator/emulator.ts';
import { ensureQueue } from '../../lib/emulator/engines/queues.ts';
import type { QueueName, Relays } from '../../lib/operator/connection.ts';
import { Queues } from '../../lib/stack/queues.ts';
import { Tables } from '../../lib/stack/tables.ts';
import { PATIENT } from '../ports/embedded.ts';
import { type CliOptions, type CliResult, cli } from './cli.ts';

export const WEBHOOKS = 'https://relay.example/webhooks/';

type Row = Readonly<Record<string, unknown>>;

export interface TablesOnlyRelay {
  readonly port: string;
  readonly dynamoDbEndpoint: string;
  readonly connection: AwsConnection;
  /** Sends and reads messages in tests. */
  readonly sqs: SQSClient;
  /** Runs a command on this relay. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** All rows of the Config table, by kind and id. */
  config(): Promise<Row[]>;
  /** Writes a row of the Config table as a person does in the DynamoDB console. */
  put(kind: string, id: string, attributes: Row): Promise<void>;
  /** The relay with new queues, for a test that runs beside others: receives wait a second for a message. */
  withOwnQueues(): Promise<Pick<TablesOnlyRelay, 'connection' | 'cli'>>;
}

/** Started once per worker, by the first file that needs it. It ends with the worker. */
let startedRelay: Promise<Emulator> | undefined;

/**
 * Each file starts with empty tables and queues, and each test with an empty Config table.
 *
 * @param options `concurrent` tests share the Config table, which is empty before the first of them
 */
export function useTablesOnlyRelay({ concurrent = false } = {}): () => TablesOnlyRelay {
  let tables: Awaited<ReturnType<typeof over>> | undefined;
  beforeAll(async () => {
    startedRelay ??= startEmulator({ template: tablesTemplate(), root: '.', port: 0 });
    tables = await over(await startedRelay);
    await tables.clearEvents();
    if (concurrent) await tables.clearConfig();
  });
  if (!concurrent) beforeEach(() => tables?.clearConfig());
  afterAll(() => tables?.close());
  return () => {
    if (tables === undefined) throw new Error('the relay only runs during tests');
    return tables;
  };
}

/** The template has no HTTP API, so its address is a placeholder. */
function tablesTemplate(): unknown {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Tables');
  const settings = { removalPolicy: 'destroy' } as const;
  const { config, eventLog } = new Tables(stack, 'Tables', { settings, key: undefined });
  const timeout = Duration.seconds(60);
  const timeouts = { fanOutTimeout: timeout, deliverTimeout: timeout };
  const queues = new Queues(stack, 'Queues', { ...timeouts, key: undefined });
  const outputs = {
    WebhookBaseAddress: WEBHOOKS,
    ConfigTableName: config.tableName,
    EventLogTableName: eventLog.tableName,
    EventsQueueUrl: queues.events.queueUrl,
    EventsDeadLetterQueueUrl: queues.eventsDeadLetter.queueUrl,
    DeliveriesQueueUrl: queues.deliveries.queueUrl,
    DeliveriesDeadLetterQueueUrl: queues.deliveriesDeadLetter.queueUrl,
  };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
  return Template.fromStack(stack).toJSON();
}

async function over({ url, engines }: Emulator) {
  const { port } = new URL(url);
  const description = await findEmulator(Number(port));
  const client = dynamoDbClient({ ...PATIENT, ...description.dynamoDbConfig });
  const sqs = sqsClient({ ...PATIENT, ...description.sqsConfig });
  const connection = await connect(description, () => {});
  const TableName = description.configTableName;
  const closing = [() => client.destroy(), () => sqs.destroy(), () => connection.close()];
  /** A new queue like the one with this URL. */
  const newQueue = async (like: string): Promise<string> => {
    const model = engines.resources.queues.find((queue) => queue.url === like);
    if (model === undefined) throw new Error(`the relay has no queue ${like}`);
    const name = `${randomUUID()}${model.name.endsWith('.fifo') ? '.fifo' : ''}`;
    const own = { ...model, name, url: model.url.replace(model.name, name) };
    await ensureQueue(sqs, own);
    return own.url;
  };
  const newQueues = async ({ events, deliveries }: Readonly<Record<QueueName, string>>) => ({
    events: await newQueue(events),
    deliveries: await newQueue(deliveries),
  });
  const config = async () => (await client.send(new ScanCommand({ TableName }))).Items ?? [];
  const relay: TablesOnlyRelay = {
    port,
    dynamoDbEndpoint: description.dynamoDbConfig.endpoint ?? '',
    connection,
    sqs,
    // Without a program and options, commands in hints are as short as in the code.
    cli: (args, options) =>
      cli(args, { program: '', ...options, environment: { RELAY_PORT: port, ...options?.environment } }),
    config,
    async put(kind, id, attributes) {
      await client.send(new PutCommand({ TableName, Item: { kind, id, ...attributes } }));
    },
    async withOwnQueues() {
      const own = {
        ...description,
        queueUrls: await newQueues(description.queueUrls),
        deadLetterQueueUrls: await newQueues(description.deadLetterQueueUrls),
      };
      const ownConnection = await connect(own, () => {});
      closing.push(() => ownConnection.close());
      const ownRelays: Relays = {
        ...relays,
        findLocal: async (ofPort) => ({
          ...(await relays.findLocal(ofPort)),
          relay: own,
          connect: (warn) => connect(own, warn),
        }),
      };
      return {
        connection: ownConnection,
        cli: (args, options) => relay.cli(args, { relays: ownRelays, ...options }),
      };
    },
  };
  return {
    ...relay,
    async clearConfig() {
      for (const { kind, id } of await config())
        await client.send(new DeleteCommand({ TableName, Key: { kind, id } }));
    },
    /** With the rows' messages. */
    async clearEvents() {
      const eventLog = description.eventLogTableName;
      for await (const { Items = [] } of paginateScan({ client }, { TableName: eventLog }))
        for (const { orderKey, sk } of Items)
          await client.send(new DeleteCommand({ TableName: eventLog, Key: { orderKey, sk } }));
      for (const { url: QueueUrl } of engines.resources.queues)
        await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    },
    close() {
      for (const close of closing) close();
    },
  };
}
