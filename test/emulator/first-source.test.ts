import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Engines, startEngines } from '../../lib/emulator/engines/engines.ts';
import { ensureFirstSource } from '../../lib/emulator/first-source.ts';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import { aTable, aTemplate } from './a-template.ts';

const TESTS = ['first', 'again', 'moved', 'replaced', 'rotated', 'other'];
const CONFIG = aTable({
  AttributeDefinitions: ['kind', 'id'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  KeySchema: [
    { AttributeName: 'kind', KeyType: 'HASH' },
    { AttributeName: 'id', KeyType: 'RANGE' },
  ],
});

let engines: Engines;
let dynamoDb: DynamoDBClient;
let dataDir: string;

beforeAll(async () => {
  const tables = TESTS.map((test) => [test, CONFIG]);
  engines = await startEngines({ template: aTemplate({ resources: Object.fromEntries(tables) }) });
  dynamoDb = new DynamoDBClient(engines.dynamoDbConfig);
});
afterAll(() => engines.stop());
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensaria-source-'));
  return () => rmSync(dataDir, { recursive: true });
});

function ensure(configTable: string, port = 8787) {
  return ensureFirstSource({
    dynamoDbConfig: engines.dynamoDbConfig,
    configTable,
    webhookBaseAddress: `http://127.0.0.1:${port}/webhooks/`,
    dataDir,
  });
}

async function rows(TableName: string) {
  const { Items } = await dynamoDb.send(new ScanCommand({ TableName }));
  return Items ?? [];
}

function tokenOf(address = ''): string {
  return address.slice(address.lastIndexOf('/') + 1, address.indexOf('?'));
}

describe('the first source', () => {
  it('is added when there is none, with nothing of its token but the hash in the table', async () => {
    const address = await ensure('first');

    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:8787\/webhooks\/[\w-]{43}\?orderid=$/);
    expect(await rows('first')).toEqual([
      {
        kind: { S: 'source' },
        id: { S: 'main' },
        tokenSha256: { S: sha256Hex(tokenOf(address)) },
        enabled: { BOOL: true },
        createdAt: { S: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
      },
    ]);
  });

  it('keeps its address where nobody else may read it', async () => {
    const address = await ensure('again');

    const file = join(dataDir, 'webhook-address');
    expect(readFileSync(file, 'utf8')).toBe(`${address}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is the same at a second start, under the port of that', async () => {
    const first = await ensure('moved');

    const second = await ensure('moved', 9000);

    expect(tokenOf(second)).toBe(tokenOf(first));
    expect(second).toContain(':9000/');
    expect(await rows('moved')).toHaveLength(1);
  });

  it('replaces the file of its address as a whole, and only when the address changes', async () => {
    const file = join(dataDir, 'webhook-address');
    const address = await ensure('replaced');
    // A second name for the first file: it shows whether the file itself was written again.
    linkSync(file, join(dataDir, 'first'));

    await ensure('replaced');
    expect(statSync(file).ino).toBe(statSync(join(dataDir, 'first')).ino);

    await ensure('replaced', 9000);
    expect(readFileSync(file, 'utf8')).toContain(':9000/');
    expect(readFileSync(join(dataDir, 'first'), 'utf8')).toBe(`${address}\n`);
    expect(readdirSync(dataDir).sort()).toEqual(['first', 'webhook-address']);
  });

  it('has no address to show once its token has been changed elsewhere', async () => {
    await ensure('rotated');
    const [row] = await rows('rotated');
    const changed = { ...row, tokenSha256: { S: sha256Hex('another') } };
    await dynamoDb.send(new PutItemCommand({ TableName: 'rotated', Item: changed }));

    expect(await ensure('rotated')).toBeUndefined();
  });

  it('is not added when there is another', async () => {
    const other = { kind: { S: 'source' }, id: { S: 'shop' }, tokenSha256: { S: sha256Hex('token') } };
    await dynamoDb.send(new PutItemCommand({ TableName: 'other', Item: other }));

    expect(await ensure('other')).toBeUndefined();
    expect(await rows('other')).toEqual([other]);
  });
});
