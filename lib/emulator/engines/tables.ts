/** Creates the template's tables in the embedded DynamoDB. */
import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { DataFolderError } from '../../node/data-folder.ts';
import type { TableDefinition } from '../template/table.ts';

/** dynalite creates a table within milliseconds. */
const CREATION_LIMIT_SECONDS = 10;

/**
 * Creates the table, or keeps an existing one with its rows.
 *
 * @throws {DataFolderError} when the existing table has other keys or indexes
 */
export async function ensureTable(client: DynamoDBClient, definition: TableDefinition): Promise<void> {
  const existing = await describeTable(client, definition.name);
  if (existing === undefined) await createTable(client, definition);
  else refuseDifference(existing, definition);
}

async function describeTable(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function createTable(client: DynamoDBClient, definition: TableDefinition): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: definition.name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: definition.attributes,
      KeySchema: definition.keySchema,
      ...(definition.indexes.length > 0 && { GlobalSecondaryIndexes: [...definition.indexes] }),
    }),
  );
  await waitUntilTableExists(
    { client, maxWaitTime: CREATION_LIMIT_SECONDS, minDelay: 0.01, maxDelay: 0.1 },
    { TableName: definition.name },
  );
}

function refuseDifference(existing: TableDescription, definition: TableDefinition): void {
  const isThere = shapeOf(existing.KeySchema, existing.AttributeDefinitions, existing.GlobalSecondaryIndexes);
  const isWanted = shapeOf(definition.keySchema, definition.attributes, definition.indexes);
  if (isDeepStrictEqual(isThere, isWanted)) return;
  throw new DataFolderError(
    `The table ${definition.name} in the data folder has other keys or indexes than the template says, and cannot be ` +
      'changed in place. Use another data folder, or move this one away.',
  );
}

/** The properties of a table that cannot change, in a comparable form. */
function shapeOf(
  keys: TableDescription['KeySchema'],
  attributes: TableDescription['AttributeDefinitions'],
  indexes: readonly IndexShape[] = [],
) {
  return {
    keys: keysOf(keys),
    attributes: Object.fromEntries((attributes ?? []).map((one) => [one.AttributeName, one.AttributeType])),
    indexes: Object.fromEntries(
      indexes.map((index) => [
        index.IndexName,
        {
          keys: keysOf(index.KeySchema),
          projection: index.Projection?.ProjectionType,
          projected: [...(index.Projection?.NonKeyAttributes ?? [])].sort(),
        },
      ]),
    ),
  };
}

type IndexShape = Pick<
  NonNullable<TableDescription['GlobalSecondaryIndexes']>[number],
  'IndexName' | 'KeySchema' | 'Projection'
>;

function keysOf(keys: TableDescription['KeySchema']) {
  return (keys ?? []).map(({ AttributeName, KeyType }) => ({ AttributeName, KeyType }));
}
