/**
 * The embedded DynamoDB and SQS, with tables and queues as the stack defines them, fresh for every test. The engines are
 * started once per worker, and end with it.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll } from 'vitest';
import { dynamoDbClient, sqsClient } from '../../lib/aws/clients.ts';
import type { DynamoDbEngine } from '../../lib/emulator/engines/dynamodb.ts';
import { dynoxideProgram } from '../../lib/emulator/engines/dynoxide.ts';
import { type Engines, startEngines } from '../../lib/emulator/engines/engines.ts';
import { ensureQueue } from '../../lib/emulator/engines/queues.ts';
import { ensureTable } from '../../lib/emulator/engines/tables.ts';
import { Queues } from '../../lib/stack/queues.ts';
import { Tables } from '../../lib/stack/tables.ts';

/** The clients' own limits are for AWS. In a process that several files keep busy, even a connection may take seconds. */
export const PATIENT = {
  requestHandler: {
    connectionTimeout: 20_000,
    requestTimeout: 20_000,
    socketTimeout: 20_000,
    throwOnRequestTimeout: true,
  },
};

export interface Embedded {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly sqs: SQSClient;
  /** @returns the new table's name */
  newTable(like: 'ConfigTable' | 'EventLogTable'): Promise<string>;
  /** @returns the new queue's URL */
  newQueue(
    like: 'EventsQueue' | 'EventsDeadLetterQueue' | 'DeliveriesQueue' | 'DeliveriesDeadLetterQueue',
  ): Promise<string>;
}

/** The engines of DynamoDB that run on this machine. */
export const DYNAMODB_ENGINES: readonly DynamoDbEngine[] =
  dynoxideProgram() === undefined ? ['dynalite'] : ['dynalite', 'dynoxide'];

const [FASTER = 'dynalite'] = DYNAMODB_ENGINES.toReversed();

const startedEngines = new Map<DynamoDbEngine, Promise<Engines>>();

/** @param dynamoDbEngine by default the faster one */
export function useEmbedded(dynamoDbEngine: DynamoDbEngine = FASTER): () => Embedded {
  let embedded: ReturnType<typeof over> | undefined;
  beforeAll(async () => {
    embedded = over(await enginesOfWorker(dynamoDbEngine));
  });
  afterAll(() => embedded?.close());
  return () => {
    if (embedded === undefined) throw new Error('the engines run only while tests do');
    return embedded;
  };
}

function enginesOfWorker(dynamoDbEngine: DynamoDbEngine): Promise<Engines> {
  const started = startedEngines.get(dynamoDbEngine);
  if (started !== undefined) return started;
  const starting = startEngines({ template: storesTemplate(), dynamoDbEngine });
  startedEngines.set(dynamoDbEngine, starting);
  return starting;
}

/** The part of the stack that stores things. Without the functions, which would have to be bundled. */
function storesTemplate(): unknown {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stores');
  new Tables(stack, 'Tables', { settings: { removalPolicy: 'destroy' } });
  new Queues(stack, 'Queues', { fanOutTimeout: Duration.seconds(60), deliverTimeout: Duration.seconds(60) });
  return Template.fromStack(stack).toJSON();
}

function over({ resources, dynamoDbConfig, sqsConfig }: Engines): Embedded & { close(): void } {
  const dynamoDb = dynamoDbClient({ ...PATIENT, ...dynamoDbConfig });
  const sqs = sqsClient({ ...PATIENT, ...sqsConfig });
  const tables = new DynamoDBClient({ ...PATIENT, ...dynamoDbConfig });
  return {
    ...{ dynamoDb, sqs },
    async newTable(like) {
      const name = `${like}-${randomUUID()}`;
      await ensureTable(tables, { ...named(resources.tables, like), name });
      return name;
    },
    async newQueue(like) {
      const model = named(resources.queues, like);
      const name = `${randomUUID()}${model.name.endsWith('.fifo') ? '.fifo' : ''}`;
      const url = model.url.replace(model.name, name);
      await ensureQueue(sqs, { ...model, name, url });
      return url;
    },
    close() {
      for (const client of [dynamoDb, sqs, tables]) client.destroy();
    },
  };
}

function named<Definition extends { readonly name: string }>(
  definitions: readonly Definition[],
  like: string,
): Definition {
  const definition = definitions.find(({ name }) => name.startsWith(like));
  if (definition === undefined) throw new Error(`the stack has no ${like}`);
  return definition;
}
