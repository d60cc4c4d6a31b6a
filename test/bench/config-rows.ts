/** The Config table's rows, as a person writes them. */
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { sha256Hex } from '../../lib/relay/model/ids.ts';

/**
 * One endpoint for each URL, which has answered quickly before.
 *
 * @param lastSuccessAt when it last accepted a request
 */
export async function putEndpoints(
  client: DynamoDBDocumentClient,
  table: string,
  urls: readonly string[],
  lastSuccessAt: Date = new Date(),
): Promise<void> {
  const at = lastSuccessAt.toISOString();
  const rows = urls.flatMap((url, index) => {
    const id = `endpoint-${index + 1}`;
    const lastAnswer = { lastSuccessAt: at, lastAnswer: '200', lastAnswerAt: at };
    return [
      { kind: 'endpoint', id, url },
      { kind: 'health', id, state: 'ok', provenAt: at, ...lastAnswer, version: 1 },
    ];
  });
  await Promise.all(rows.map((Item) => client.send(new PutCommand({ TableName: table, Item }))));
}

export async function putSource(client: DynamoDBDocumentClient, table: string, token: string): Promise<void> {
  const Item = { kind: 'source', id: 'main', tokenSha256: sha256Hex(token) };
  await client.send(new PutCommand({ TableName: table, Item }));
}
