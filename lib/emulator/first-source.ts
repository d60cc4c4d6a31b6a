/** Adds a source to a new relay, so that it has a webhook address for the Hub. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import writeFileAtomic from 'write-file-atomic';
import { sha256Hex } from '../relay/model/ids.ts';
import type { ClientConfig } from './engines/engines.ts';

/**
 * The relay shows the address at every start, and the table contains only the token's hash. So a file stores the
 * address.
 */
const ADDRESS_FILE = 'webhook-address';
const FIRST_SOURCE = 'main';
const TOKEN_BYTES = 32;

export interface FirstSourceOptions {
  readonly dynamoDbConfig: ClientConfig;
  readonly configTable: string;
  /** `http://127.0.0.1:8787/webhooks/`. The token is appended to it. */
  readonly webhookBaseAddress: string;
  readonly dataDir: string;
}

/**
 * Adds the source `main` when the table has no source.
 *
 * @returns the webhook address; undefined when the CLI added the sources or rotated their tokens, and so showed the
 * address
 */
export async function ensureFirstSource(options: FirstSourceOptions): Promise<string | undefined> {
  const client = new DynamoDBClient(options.dynamoDbConfig);
  try {
    const file = join(options.dataDir, ADDRESS_FILE);
    const hashes = await tokenHashes(client, options.configTable);
    const token = hashes.length === 0 ? randomBytes(TOKEN_BYTES).toString('base64url') : storedToken(file);
    if (token === undefined) return undefined;
    if (hashes.length > 0 && !hashes.includes(sha256Hex(token))) return undefined;
    const address = `${options.webhookBaseAddress}${token}?orderid=`;
    // The file first: a row whose token is unknown would be useless, and would prevent the next start from adding a
    // source.
    await saveAddress(file, address);
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

/** The table contains only the token's hash, so a file that is lost or cut would lose the address for good. */
async function saveAddress(file: string, address: string): Promise<void> {
  if (storedAddress(file) !== address) await writeFileAtomic(file, `${address}\n`, { mode: 0o600 });
}

function storedToken(file: string): string | undefined {
  return /\/([\w-]+)\?orderid=$/.exec(storedAddress(file) ?? '')?.[1];
}

function storedAddress(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // There is no file, so the token is unknown.
    return undefined;
  }
}
