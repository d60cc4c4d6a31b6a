/** Starts the embedded DynamoDB and SQS, and creates the template's tables and queues in them. */
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_CREDENTIALS } from '../../contract/local-relay.ts';
import { asDataFolderError, openDataFolder } from '../../node/data-folder.ts';
import { awaitAll } from '../../relay/model/await-all.ts';
import { NO_ADDRESSES, REGION } from '../account.ts';
import { readTemplate, type Template } from '../template/read-template.ts';
import { type DynamoDbEngine, startDynamoDb } from './dynamodb.ts';
import type { Engine } from './engine.ts';
import { startEngineThread } from './engine-thread.ts';
import { ensureQueue } from './queues.ts';
import { ensureTable } from './tables.ts';

export interface EnginesOptions {
  /** The synthesized template, or a promise of it. The engines start meanwhile. */
  readonly template: unknown;
  /** The data folder, created if necessary. Without it, all data is in memory. */
  readonly dataDir?: string;
  /** The URL of the HTTP front, for references in the template. */
  readonly httpUrl?: string;
  /** By default the engine whose data is in the folder, or the faster one. */
  readonly dynamoDbEngine?: DynamoDbEngine;
}

export interface Engines {
  readonly dynamoDbEndpoint: string;
  readonly sqsEndpoint: string;
  /** Environment variables for an AWS SDK: region, credentials and endpoints. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same, for the constructor of a client. */
  readonly dynamoDbConfig: ClientConfig;
  readonly sqsConfig: ClientConfig;
  /** The template, resolved with the addresses of these engines. */
  readonly resources: Template;
  /** Rejects when an engine dies by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Stores all data and unlocks the data folder. */
  stop(): Promise<void>;
}

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts both engines and creates missing tables and queues. Data that they have acknowledged survives a crash of the
 * process.
 *
 * @throws {TemplateError} when the template contains something that the emulator cannot run
 * @throws {DataFolderError} when the data folder is in use, full, read-only or damaged, or has tables of another shape
 */
export async function startEngines(options: EnginesOptions): Promise<Engines> {
  const { dataDir } = options;
  const leaveDataFolder = dataDir === undefined ? () => {} : openDataFolder(dataDir);
  const starting = [
    startDynamoDb(dataDir, options.dynamoDbEngine),
    startEngineThread(
      new URL('./sqs-thread.ts', import.meta.url),
      dataDir === undefined ? undefined : join(dataDir, 'sqs'),
    ),
  ] as const;
  async function stop(): Promise<void> {
    const started = await Promise.allSettled(starting);
    await awaitAll(started.map((engine) => engine.status === 'fulfilled' && engine.value.stop()));
    leaveDataFolder();
  }
  try {
    const [source, dynamoDb, sqs] = await Promise.all([options.template, ...starting]);
    const engines = describeEngines(source, options.httpUrl, dynamoDb, sqs, stop);
    await createResources(engines);
    return engines;
  } catch (error) {
    await stop();
    throw dataDir === undefined ? error : asDataFolderError(dataDir, error);
  }
}

function describeEngines(
  source: unknown,
  httpUrl: string | undefined,
  dynamoDb: Engine,
  sqs: Engine,
  stop: () => Promise<void>,
): Engines {
  const { endpoint: dynamoDbEndpoint } = dynamoDb;
  const { endpoint: sqsEndpoint } = sqs;
  return {
    dynamoDbEndpoint,
    sqsEndpoint,
    environment: {
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbEndpoint,
      AWS_ENDPOINT_URL_SQS: sqsEndpoint,
    },
    dynamoDbConfig: { endpoint: dynamoDbEndpoint, region: REGION, credentials: LOCAL_CREDENTIALS },
    sqsConfig: { endpoint: sqsEndpoint, region: REGION, credentials: LOCAL_CREDENTIALS },
    resources: readTemplate(source, { sqsEndpoint, httpUrl: httpUrl ?? NO_ADDRESSES.httpUrl }),
    failed: Promise.race([dynamoDb.failed, sqs.failed]),
    stop,
  };
}

async function createResources({ resources, dynamoDbConfig, sqsConfig }: Engines): Promise<void> {
  const dynamoDb = new DynamoDBClient(dynamoDbConfig);
  const sqs = new SQSClient(sqsConfig);
  try {
    await awaitAll([
      ...resources.tables.map((table) => ensureTable(dynamoDb, table)),
      ...resources.queues.map((queue) => ensureQueue(sqs, queue)),
    ]);
  } finally {
    dynamoDb.destroy();
    sqs.destroy();
  }
}
