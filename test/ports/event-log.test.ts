import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { fromAliasRow } from '../../lib/aws/dynamodb/alias-row.ts';
import { DynamoEventLog } from '../../lib/aws/dynamodb/event-log.ts';
import { aliasRowKey } from '../../lib/aws/dynamodb/event-log-keys.ts';
import { DynamoEventWriter } from '../../lib/aws/dynamodb/event-log-writer.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { useEmbedded } from './embedded.ts';
import { describeEventLog } from './event-log.conformance.ts';

const RETENTION_DAYS = 30;

describeEventLog('the event log in memory', async () => {
  const clock = new MemoryClock();
  const eventLog = new MemoryEventLog(clock, RETENTION_DAYS);
  return {
    eventLog,
    clock,
    async erasePayload(key) {
      await eventLog.erasePayload(key, clock.now());
    },
    aliasTarget: async (aliasKey) => eventLog.aliases.get(aliasKey),
  };
});

const embedded = useEmbedded();

describeEventLog('the event log in DynamoDB', async () => {
  const client = embedded().dynamoDb;
  const tableName = await embedded().newTable('EventLogTable');
  const clock = new MemoryClock();
  const telemetry = new MemoryTelemetry();
  return {
    eventLog: new DynamoEventLog({ client, tableName, retentionDays: RETENTION_DAYS, clock, telemetry }),
    clock,
    async erasePayload(key) {
      await new DynamoEventWriter({ client, tableName }).erasePayload(key, clock.now());
    },
    async aliasTarget(aliasKey) {
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: aliasRowKey(aliasKey), ConsistentRead: true }),
      );
      return Item && fromAliasRow(Item);
    },
  };
});
