/** An event log in DynamoDB together with its table, as a person sees it in the DynamoDB console. */
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach } from 'vitest';
import { DynamoEventLog } from '../../../lib/aws/dynamodb/event-log.ts';
import { after as later } from '../../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { aPayload, aSource } from '../../ports/builders.ts';
import { useEmbedded } from '../../ports/embedded.ts';

/** The order of these tests. Each has a table of its own. */
export const orderKey = orderKeyOf(aSource, '12345');

type Attributes = Readonly<Record<string, unknown>>;

export function useEventLogTable() {
  const embedded = useEmbedded();
  let fresh: Awaited<ReturnType<typeof make>> | undefined;
  beforeEach(async () => {
    fresh = await make();
  });

  async function make() {
    const client = embedded().dynamoDb;
    const tableName = await embedded().newTable('EventLogTable');
    const clock = new MemoryClock(new Date('2026-03-01T12:00:00.000Z'));
    const telemetry = new MemoryTelemetry();
    const eventLog = new DynamoEventLog({ client, tableName, retentionDays: 30, clock, telemetry });
    return { client, tableName, clock, telemetry, eventLog };
  }

  function given() {
    if (fresh === undefined) throw new Error('there is a table only while a test runs');
    return fresh;
  }

  return {
    get clock() {
      return given().clock;
    },
    get telemetry() {
      return given().telemetry;
    },
    get eventLog() {
      return given().eventLog;
    },
    /** For whatever else is to read or write the same table. */
    tableOptions() {
      const { client, tableName, clock } = given();
      return { client, tableName, clock };
    },
    /** As ingest does: the payload first. */
    async store(event: EventRecord, payload = aPayload()): Promise<void> {
      await given().eventLog.putPayload(event, payload);
      await given().eventLog.putEvent(event, this.inTwoMinutes());
    },
    inTwoMinutes: () => later(given().clock.now(), 120_000),

    async row(sk: string, of = orderKey) {
      const { client, tableName } = given();
      const key = { orderKey: of, sk };
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
      );
      return Item;
    },

    async put(attributes: Attributes): Promise<void> {
      const { client, tableName } = given();
      await client.send(new PutCommand({ TableName: tableName, Item: attributes }));
    },

    async edit(sk: string, attribute: string, value: unknown): Promise<void> {
      const { client, tableName } = given();
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { orderKey, sk },
          UpdateExpression: 'SET #attribute = :value',
          ExpressionAttributeNames: { '#attribute': attribute },
          ExpressionAttributeValues: { ':value': value },
        }),
      );
    },
  };
}
