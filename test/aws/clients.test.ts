import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { CLIENT_LIMITS, dynamoDbClient, INGEST_LIMITS } from '../../lib/aws/clients.ts';

const running: { close(): void }[] = [];
afterAll(() => {
  for (const server of running.splice(0)) server.close();
});

/** Counts what it is asked. */
async function aServer(answer: (response: ServerResponse) => void) {
  const server = createServer((_, response) => {
    asked.count += 1;
    answer(response);
  });
  const asked = { count: 0 };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.push({
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return { endpoint: `http://127.0.0.1:${address.port}`, asked };
}

const SILENT = () => {};
const STALLING = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': '100' });
  response.write('{');
};

async function msUntilGivenUp(endpoint: string, limits: typeof CLIENT_LIMITS): Promise<number> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = dynamoDbClient({ ...limits, endpoint, region: 'us-east-1', credentials });
  const startedMs = performance.now();
  await expect(client.send(new GetCommand({ TableName: 'Table', Key: { id: '1' } }))).rejects.toThrow();
  return performance.now() - startedMs;
}

describe.concurrent('a call to a service that does not answer', () => {
  it('is given up by ingest after two tries, and not much later than 4.5 seconds', async () => {
    const { endpoint, asked } = await aServer(SILENT);

    expect(await msUntilGivenUp(endpoint, INGEST_LIMITS)).toBeLessThan(2 * 4_500);

    expect(asked.count).toBe(2);
  });

  it('is given up by every other function after three tries, and not much later than seven seconds', async () => {
    const { endpoint, asked } = await aServer(SILENT);

    expect(await msUntilGivenUp(endpoint, CLIENT_LIMITS)).toBeLessThan(2 * 7_000);

    expect(asked.count).toBe(3);
  });

  it('is given up as well when its answer begins and then stops', async () => {
    const { endpoint } = await aServer(STALLING);

    expect(await msUntilGivenUp(endpoint, INGEST_LIMITS)).toBeLessThan(2 * 4_500);
  });
});
