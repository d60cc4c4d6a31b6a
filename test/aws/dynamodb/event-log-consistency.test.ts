import { describe, expect, it } from 'vitest';
import { dynamoDbClient } from '../../../lib/aws/clients.ts';
import { DynamoConfigTable } from '../../../lib/aws/dynamodb/config-table.ts';
import { DynamoEventLog } from '../../../lib/aws/dynamodb/event-log.ts';
import type { EventLog } from '../../../lib/relay/ports/event-log.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { useStubService } from '../../node/http/stub-service.ts';
import { anEndpointId, anEvent } from '../../ports/builders.ts';

const serve = useStubService();
const event = anEvent();

/** Decisions about an order rest on these: a read that lags would let an older snapshot follow a newer one. */
const READS: Readonly<Record<string, (eventLog: EventLog) => Promise<unknown>>> = {
  newestEventId: (eventLog) => eventLog.newestEventId(event.orderKey),
  eventsNewestFirst: (eventLog) => Array.fromAsync(eventLog.eventsNewestFirst(event.orderKey)),
  event: (eventLog) => eventLog.event(event),
  payload: (eventLog) => eventLog.payload(event),
  deliveries: (eventLog) => eventLog.deliveries(event.orderKey),
};

describe('a read of an order in DynamoDB', () => {
  it.each(Object.entries(READS))('is consistent: %s', async (_, read) => {
    const service = await serve(() => ({ body: { Items: [] } }));
    const client = dynamoDbClient(service.config);
    const options = { clock: new MemoryClock(), telemetry: new MemoryTelemetry() };

    await read(new DynamoEventLog({ client, tableName: 'EventLog', ...options }));

    expect(service.inputs).toMatchObject([{ ConsistentRead: true }]);
  });
});

describe('a read of one health row in DynamoDB', () => {
  it('is consistent, for the delivery lock stands in it', async () => {
    const service = await serve(() => ({ body: {} }));
    const client = dynamoDbClient(service.config);

    await new DynamoConfigTable({ client, tableName: 'Config' }).healthRow(anEndpointId('erp'));

    expect(service.inputs).toMatchObject([{ ConsistentRead: true }]);
  });
});
