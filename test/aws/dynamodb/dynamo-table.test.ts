import { describe, expect, it } from 'vitest';
import { dynamoDbClient } from '../../../lib/aws/clients.ts';
import { DynamoTable } from '../../../lib/aws/dynamodb/dynamo-table.ts';
import { updateOf } from '../../../lib/aws/dynamodb/update-expression.ts';
import { RowRefusedError, StoreError } from '../../../lib/relay/ports/event-log.ts';
import { type StubService, useStubService } from '../../node/http/stub-service.ts';

const serve = useStubService();
const tableOver = ({ config }: StubService) =>
  new DynamoTable(dynamoDbClient({ ...config, maxAttempts: 1 }), 'EventLog');

describe('a call that fails', () => {
  const refusal = {
    status: 400,
    body: { __type: 'ProvisionedThroughputExceededException', message: 'the value main/1 is too hot' },
  };
  const calls: Readonly<Record<string, (table: DynamoTable) => Promise<unknown>>> = {
    get: (table) => table.get('reading an event', { orderKey: 'main/1', sk: 'event#1' }),
    put: (table) => table.put('reading an event', { orderKey: 'main/1', sk: 'event#1' }),
    putIfAbsent: (table) =>
      table.putIfAbsent('reading an event', { orderKey: 'main/1', sk: 'event#1' }, 'sk'),
    updateIf: (table) =>
      table.updateIf(
        'reading an event',
        { orderKey: 'main/1', sk: 'event#1' },
        { expression: 'attribute_exists(sk)' },
        updateOf({ reason: null }),
      ),
    deleteIf: (table) =>
      table.deleteIf(
        'reading an event',
        { kind: 'health', id: 'erp' },
        { expression: 'attribute_exists(id)' },
      ),
    pages: (table) => table.pages('reading an event', {}).next(),
  };

  it.each(Object.entries(calls))('is a StoreError without values: %s', async (_, call) => {
    const service = await serve(() => refusal);

    const failing = call(tableOver(service));

    await expect(failing).rejects.toThrow(StoreError);
    await expect(failing).rejects.toThrow(
      /^reading an event failed: ProvisionedThroughputExceededException$/,
    );
    await expect(failing).rejects.toHaveProperty('cause.name', 'ProvisionedThroughputExceededException');
  });

  it('is a RowRefusedError when the table refuses the row itself, as it will every time', async () => {
    const { put } = calls;
    const service = await serve(() => ({ status: 400, body: { __type: 'ValidationException' } }));

    await expect(put?.(tableOver(service))).rejects.toThrow(RowRefusedError);
    await expect(put?.(tableOver(await serve(() => refusal)))).rejects.not.toThrow(RowRefusedError);
  });

  it('is a StoreError when nobody answers', async () => {
    const service = await serve(() => 'silence');
    const client = dynamoDbClient({
      ...service.config,
      maxAttempts: 1,
      requestHandler: { requestTimeout: 50, throwOnRequestTimeout: true },
    });

    const failing = new DynamoTable(client, 'EventLog').get('reading an event', { orderKey: 'main/1' });

    await expect(failing).rejects.toThrow('reading an event failed: TimeoutError');
  });
});

describe('an update', () => {
  it('is false when the condition is not met, and no failure', async () => {
    const service = await serve(() => ({ status: 400, body: { __type: 'ConditionalCheckFailedException' } }));

    const key = { orderKey: 'main/1', sk: 'event#1' };
    const condition = { expression: 'attribute_exists(sk)' };

    expect(await tableOver(service).updateIf('updating', key, condition, updateOf({ a: 1 }))).toBe(false);
  });
});

describe('a removal', () => {
  const key = { kind: 'health', id: 'erp' };

  it('asks for what the row must say', async () => {
    const service = await serve(() => ({ body: {} }));
    const condition = {
      expression: '#version = :version',
      names: { '#version': 'version' },
      values: { ':version': 7 },
    };

    expect(await tableOver(service).deleteIf('removing', key, condition)).toBe(true);

    expect(service.inputs).toEqual([
      {
        TableName: 'EventLog',
        Key: { kind: { S: 'health' }, id: { S: 'erp' } },
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { N: '7' } },
      },
    ]);
  });

  it('hands DynamoDB no empty list of values, which it would refuse', async () => {
    const service = await serve(() => ({ body: {} }));

    await tableOver(service).deleteIf('removing', key, { expression: 'attribute_exists(id)', values: {} });

    expect(service.inputs[0]).not.toHaveProperty('ExpressionAttributeValues');
    expect(service.inputs[0]).not.toHaveProperty('ExpressionAttributeNames');
  });

  it('is false when the condition is not met, and no failure', async () => {
    const service = await serve(() => ({ status: 400, body: { __type: 'ConditionalCheckFailedException' } }));
    const condition = { expression: 'attribute_exists(id)' };

    expect(await tableOver(service).deleteIf('removing', key, condition)).toBe(false);
  });
});
