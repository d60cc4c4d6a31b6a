import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoDbClient } from '../../lib/aws/clients.ts';
import { deliveryRowKey } from '../../lib/aws/dynamodb/event-log-keys.ts';
import { connect } from '../../lib/connect/connect.ts';
import { aDelivery } from '../ports/builders.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const DAY_SECONDS = 24 * 60 * 60;

describe('a connection', () => {
  it('writes rows with the retention of the relay', async () => {
    const description = { ...relay().connection.relay, retentionDays: 60 };
    const connection = await connect(description, () => {});
    const delivery = aDelivery({ state: 'cancelled' });

    await connection.eventLog.putDeliveryIfAbsent(delivery);

    const client = dynamoDbClient(description.dynamoDbConfig);
    const { Item } = await client.send(
      new GetCommand({ TableName: description.eventLogTableName, Key: deliveryRowKey(delivery) }),
    );
    const inDays = (Number(Item?.expiresAt) - Date.now() / 1000) / DAY_SECONDS;
    expect(inDays).toBeCloseTo(60, 1);
    connection.close();
    client.destroy();
  });
});
