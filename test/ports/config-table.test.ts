import { describe, expect, it } from 'vitest';
import { dynamoDbClient } from '../../lib/aws/clients.ts';
import { DynamoConfigTable } from '../../lib/aws/dynamodb/config-table.ts';
import { useStubService } from '../node/http/stub-service.ts';
import { useSqlite } from '../sqlite/stores.ts';
import { describeConfigTable } from './config-table.conformance.ts';
import { DYNAMODB_ENGINES, useEmbedded } from './embedded.ts';
import { dynamoConfigTable, memoryConfigTable, sqliteConfigTable } from './subjects.ts';

describeConfigTable('the config table in memory', memoryConfigTable);

const serve = useStubService();

const sqlite = useSqlite();

describeConfigTable('the config table in SQLite', () => sqliteConfigTable(sqlite.open));

describe('a read of the config table in DynamoDB', () => {
  it.each([
    [undefined, false],
    [{ consistent: true }, true],
  ])('with the options %j is consistent: %s', async (options, isConsistent) => {
    const service = await serve(() => ({ body: { Items: [] } }));
    const client = dynamoDbClient(service.config);

    await new DynamoConfigTable({ client, tableName: 'Config' }).rows('source', options);

    expect(service.inputs).toMatchObject([{ ConsistentRead: isConsistent }]);
  });
});

describe.each(DYNAMODB_ENGINES)('on %s', (engine) => {
  const embedded = useEmbedded(engine);
  const makeTable = () => dynamoConfigTable(embedded());

  describeConfigTable('the config table in DynamoDB', makeTable);

  it('a config row in DynamoDB may have a string set where a list of texts is wanted', async () => {
    const { table, put } = await makeTable();
    await put('endpoint', 'erp', { sources: new Set(['main', 'other']) });

    expect(await table.rows('endpoint')).toEqual([{ id: 'erp', attributes: { sources: ['main', 'other'] } }]);
  });
});
