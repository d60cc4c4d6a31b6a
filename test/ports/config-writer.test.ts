import { DynamoConfigWriter } from '../../lib/aws/dynamodb/config-writer.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { describeConfigWriter } from './config-writer.conformance.ts';
import { useEmbedded } from './embedded.ts';

describeConfigWriter('the config writer in memory', async () => new MemoryConfigTable());

const embedded = useEmbedded();

describeConfigWriter('the config writer in DynamoDB', async () => {
  const tableName = await embedded().newTable('ConfigTable');
  return new DynamoConfigWriter({ client: embedded().dynamoDb, tableName });
});
