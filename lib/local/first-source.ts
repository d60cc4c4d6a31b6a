/** A relay that is started for the first time gets a source, so that there is an address to give to the Hub. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { sha256Hex } from '../relay/model/ids.ts';
import type { ClientConfig } from './engines/engines.ts';

/** The table holds the token's hash alone, so the address, which must be shown at every start, is kept here. */
const ADDRESS_FILE = 'webhook-address';
const FIRST_SOURCE = 'main';
const TOKEN_BYTES = 32;

export interface FirstSourceOptions {
  readonly dynamoDbConfig: ClientConfig;
  readonly configTable: string;
  /** What a token is appended to: `http://127.0.0.1:8787/webhooks/`. */
  readonly webhookBaseAddress: string;
  readonly dataDir: string;
}

/**
 * Adds the source `main` when there is no source at all.
 *
 * @returns the webhook address, ready to paste; `undefined` when every source was added or given a new token by other
 * means, which is when its address was shown
 */
export async function ensureFirstSource(options: FirstSourceOptions): Promise<string | undefined> {
  const client = new DynamoDBClient(options.dynamoDbConfig);
  try {
    const file = join(options.dataDir, ADDRESS_FILE);
    const hashes = await tokenHashes(client, options.configTable);
    const token = hashes.length === 0 ? randomBytes(TOKEN_BYTES).toString('base64url') : keptToken(file);
    if (token === undefined) return undefined;
    if (hashes.length > 0 && !hashes.includes(sha256Hex(token))) return undefined;
    const address = `${options.webhookBaseAddress}${token}?orderid=`;
    // First the file: a row whose token nobody knows would be of no use, and keep a next start from adding another.
    writeFileSync(file, `${address}\n`, { mode: 0o600 });
    if (hashes.length === 0) await addSource(client, options.configTable, token);
    return address;
  } finally {
    client.destroy();
  }
}

async function tokenHashes(client: DynamoDBClient, table: string): Promise<string[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'kind = :source',
      ExpressionAttributeValues: { ':source': { S: 'source' } },
    }),
  );
  return Items.map(({ tokenSha256 }) => tokenSha256?.S ?? '');
}

async function addSource(client: DynamoDBClient, table: string, token: string): Promise<void> {
  const Item = {
    kind: { S: 'source' },
    id: { S: FIRST_SOURCE },
    tokenSha256: { S: sha256Hex(token) },
    enabled: { BOOL: true },
    createdAt: { S: new Date().toISOString() },
  };
  await client.send(new PutItemCommand({ TableName: table, Item }));
}

function keptToken(file: string): string | undefined {
  try {
    return /\/([\w-]+)\?orderid=$/.exec(readFileSync(file, 'utf8').trim())?.[1];
  } catch {
    // Without the file, the address is known only to who has written it down.
    return undefined;
  }
}
