/** Compares the rows of each table with its indexes, as the next start of a killed relay finds them. */
import { DynamoDBClient, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { startEngines } from '../../lib/emulator/engines/engines.ts';
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';

type Row = Readonly<Record<string, unknown>>;

/** A sentence for each index entry without a row, and for each row that its index does not list. */
export async function indexDifferences(dataDir: string): Promise<string[]> {
  const engines = await startEngines({ template: synthesizeTemplate().template, dataDir });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(engines.dynamoDbConfig));
  try {
    const differences: string[] = [];
    for (const table of engines.resources.tables) differences.push(...(await differencesIn(client, table)));
    return differences;
  } finally {
    client.destroy();
    await engines.stop();
  }
}

async function differencesIn(client: DynamoDBDocumentClient, table: TableDefinition): Promise<string[]> {
  const rows = await scan(client, { TableName: table.name });
  const tableKeys = table.keySchema.map(({ AttributeName = '' }) => AttributeName);
  const differences: string[] = [];
  for (const { IndexName = '', KeySchema = [] } of table.indexes) {
    const indexKeys = KeySchema.map(({ AttributeName = '' }) => AttributeName);
    const keyOf = (row: Row) => JSON.stringify([...tableKeys, ...indexKeys].map((name) => row[name]));
    const listed = new Set((await scan(client, { TableName: table.name, IndexName })).map(keyOf));
    const expected = new Set(rows.filter((row) => indexKeys.every((name) => name in row)).map(keyOf));
    differences.push(
      ...[...expected.difference(listed)].map((key) => `the index ${IndexName} does not list the row ${key}`),
      ...[...listed.difference(expected)].map(
        (key) => `the index ${IndexName} lists ${key}, which has no row`,
      ),
    );
  }
  return differences;
}

async function scan(client: DynamoDBDocumentClient, input: ScanCommandInput): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { Items = [] } of paginateScan({ client }, input)) rows.push(...Items);
  return rows;
}
