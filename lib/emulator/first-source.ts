/** Adds a source to a new relay in the emulator, so that it has a webhook address for the Hub. */
import { dynamoDbClient } from '../aws/clients.ts';
import { DynamoConfigTable } from '../aws/dynamodb/config-table.ts';
import { DynamoConfigWriter } from '../aws/dynamodb/config-writer.ts';
import { ensureFirstSource as ensureSource, type FirstSourceOptions } from '../node/first-source.ts';
import type { ClientConfig } from './engines/engines.ts';

interface EmulatedSourceOptions extends Pick<FirstSourceOptions, 'webhookBaseAddress' | 'dataDir'> {
  readonly dynamoDbConfig: ClientConfig;
  readonly configTable: string;
}

/** @returns the webhook address; undefined when the CLI has shown it */
export async function ensureFirstSource(options: EmulatedSourceOptions): Promise<string | undefined> {
  const { dynamoDbConfig, configTable: tableName, ...rest } = options;
  const table = { client: dynamoDbClient(dynamoDbConfig), tableName };
  try {
    return await ensureSource({
      ...rest,
      configTable: new DynamoConfigTable(table),
      configWriter: new DynamoConfigWriter(table),
    });
  } finally {
    table.client.destroy();
  }
}
