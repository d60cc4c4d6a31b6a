import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import store from 'dynalite/db/index.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Engines, startEngines } from '../../lib/emulator/engines/engines.ts';
import { aTable, aTemplate } from './a-template.ts';

const TEMPLATE = aTemplate({
  resources: {
    Things: aTable({
      AttributeDefinitions: ['id', 'owedTo'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'owed',
          KeySchema: [{ AttributeName: 'owedTo', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  },
});

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensaria-repair-'));
  return () => rmSync(dataDir, { recursive: true, force: true });
});

/** Uses the engines, and stops them as a crash does: without the note that they were stopped in order. */
async function crashAfter(use: (client: DynamoDBClient) => Promise<void>): Promise<void> {
  await running(use);
  rmSync(join(dataDir, 'dynamodb.stopped'));
}

async function running<Result>(use: (client: DynamoDBClient, engines: Engines) => Promise<Result>) {
  const engines = await startEngines({ template: TEMPLATE, dataDir, dynamoDbEngine: 'dynalite' });
  const client = new DynamoDBClient(engines.dynamoDbConfig);
  try {
    return await use(client, engines);
  } finally {
    client.destroy();
    await engines.stop();
  }
}

/** Changes the files under dynalite, as a crash between two of its writes does. */
async function edit(work: (db: ReturnType<typeof store.create>['db']) => Promise<void>): Promise<void> {
  const { db } = store.create({ path: join(dataDir, 'dynamodb') });
  await db.open();
  await work(db);
  await db.close();
}

async function keysOf(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  await edit(async (db) => {
    for await (const key of db.keys({ gte: prefix, lt: `${prefix}\xff` })) keys.push(key);
  });
  return keys;
}

async function put(client: DynamoDBClient, id: string, owedTo?: string): Promise<void> {
  const Item = { id: { S: id }, ...(owedTo !== undefined && { owedTo: { S: owedTo } }) };
  await client.send(new PutItemCommand({ TableName: 'Things', Item }));
}

async function owed(client: DynamoDBClient): Promise<(string | undefined)[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: 'Things',
      IndexName: 'owed',
      KeyConditionExpression: 'owedTo = :erp',
      ExpressionAttributeValues: { ':erp': { S: 'erp' } },
    }),
  );
  return Items.map(({ id }) => id?.S).sort();
}

describe('after a crash, the index', () => {
  it('lists again a row that had lost its entry', async () => {
    await crashAfter(async (client) => {
      await put(client, 'a', 'erp');
      await put(client, 'b', 'erp');
    });
    const [first = ''] = await keysOf('index-global~Things~owed~');
    await edit((db) => db.batch([{ type: 'del', key: first }]));
    expect(await keysOf('index-global~Things~owed~')).toHaveLength(1);

    expect(await running(owed)).toEqual(['a', 'b']);
  });

  it('lists no row that was never written, or that is no longer owed', async () => {
    await crashAfter(async (client) => {
      await put(client, 'written', 'erp');
      await put(client, 'never written', 'erp');
      await put(client, 'settled', 'erp');
    });
    const entries = await keysOf('index-global~Things~owed~');
    await crashAfter(async (client) => {
      await client.send(
        new UpdateItemCommand({
          TableName: 'Things',
          Key: { id: { S: 'settled' } },
          UpdateExpression: 'REMOVE owedTo',
        }),
      );
    });
    await edit(async (db) => {
      // The entries of before, as if the deletion of one and the write of the other's row were lost.
      for await (const [key, value] of db.iterator({ gte: 'item-Things~', lt: 'item-Things~\xff' }))
        if (JSON.stringify(value).includes('never')) await db.batch([{ type: 'del', key }]);
      await db.batch(
        entries.map((key) => ({ type: 'put', key, value: { id: { S: 'ghost' }, owedTo: { S: 'erp' } } })),
      );
    });
    expect(await keysOf('index-global~Things~owed~')).toHaveLength(3);

    expect(await running(owed)).toEqual(['written']);
  });

  it('is rebuilt for many rows', async () => {
    await crashAfter(async (client) => {
      await Promise.all(Array.from({ length: 30 }, (_, index) => put(client, `first ${index}`, 'erp')));
    });
    await edit(async (db) => {
      const Item = (index: number) => ({ id: { S: `more ${index}` }, owedTo: { S: 'erp' } });
      await db.batch(
        Array.from({ length: 2_500 }, (_, index) => ({
          type: 'put',
          key: `item-Things~${index.toString(16).padStart(8, '0')}`,
          value: Item(index),
        })),
      );
    });

    expect(await running(owed)).toHaveLength(2_530);
  });
});

describe('after a crash during the first start', () => {
  it('a table whose creation was interrupted is created again', async () => {
    await crashAfter(async () => {});
    await edit(async (db) => {
      for await (const [key, table] of db.iterator({ gte: 'table~', lt: 'table~\xff' }))
        await db.batch([{ type: 'put', key, value: { ...Object(table), TableStatus: 'CREATING' } }]);
    });

    await running((client) => put(client, 'a', 'erp'));

    const { Count } = await running((client) => client.send(new ScanCommand({ TableName: 'Things' })));
    expect(Count).toBe(1);
  });
});
