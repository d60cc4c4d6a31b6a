/** The Config table's rows, as a person writes them. */
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { sha256Hex } from '../../lib/relay/model/ids.ts';

/** One endpoint for each URL, which has answered quickly before. */
export async function putEndpoints(
  client: DynamoDBDocumentClient,
  table: string,
  urls: readonly string[],
): Promise<void> {
  const rows = urls.flatMap((url, index) => {
    const id = `endpoint-${index + 1}`;
    const provenAt = new Date().toISOString();
    return [
      { kind: 'endpoint', id, url },
      { kind: 'health', id, state: 'ok', provenAt, version: 1 },
    ];
  });
  await Promise.all(rows.map((Item) => client.send(new PutCommand({ TableName: table, Item }))));
}

export async function putSource(client: DynamoDBDocumentClient, table: string, token: string): Promise<void> {
  const Item = { kind: 'source', id: 'main', tokenSha256: sha256Hex(token) };
  await client.send(new PutCommand({ TableName: table, Item }));
}
