import { describe } from 'vitest';
import { DynamoConfigWriter } from '../../lib/aws/dynamodb/config-writer.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { useSqlite } from '../sqlite/stores.ts';
import { describeConfigWriter } from './config-writer.conformance.ts';
import { DYNAMODB_ENGINES, useEmbedded } from './embedded.ts';

describeConfigWriter('the config writer in memory', async () => new MemoryConfigTable());

describe.each(DYNAMODB_ENGINES)('on %s', (engine) => {
  const embedded = useEmbedded(engine);

  describeConfigWriter('the config writer in DynamoDB', async () => {
    const tableName = await embedded().newTable('ConfigTable');
    return new DynamoConfigWriter({ client: embedded().dynamoDb, tableName });
  });
});

const sqlite = useSqlite();

describeConfigWriter('the config writer in SQLite', async () => sqlite.open().configWriter);
