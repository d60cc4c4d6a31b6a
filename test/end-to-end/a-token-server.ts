/** An OAuth 2.0 server for client credentials on 127.0.0.1: it makes tokens, and forgets them when a test says so. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';

const CLIENT_ID = 'relay';

export interface TokenServer {
  /** Of the token endpoint. */
  readonly url: string;
  /** How often it was asked. */
  readonly asked: number;
  /** Whether a request's `authorization` holds a token that is good. */
  knows(authorization: string | undefined): boolean;
  /** No token is good any more. */
  revokeAll(): void;
  stop(): Promise<void>;
}

/** @param clientSecret of the only client there is; nobody gets a token when it is absent */
export async function startTokenServer(clientSecret?: string): Promise<TokenServer> {
  let asked = 0;
  const good = new Set<string>();
  const expected = `Basic ${Buffer.from(`${CLIENT_ID}:${clientSecret}`).toString('base64')}`;
  const server = createServer(async (request, response) => {
    asked += 1;
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const isClient = clientSecret !== undefined && request.headers.authorization === expected;
    response.setHeader('content-type', 'application/json');
    if (!isClient || form.get('grant_type') !== 'client_credentials') {
      // As servers do that are run with debugging on.
      const repeated = { authorization: request.headers.authorization };
      response.writeHead(401).end(JSON.stringify({ error: 'invalid_client', ...repeated }));
      return;
    }
    const token = `S3CRET-issued-${asked}`;
    good.add(token);
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3_600 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/token`,
    get asked() {
      return asked;
    },
    knows: (authorization = '') => good.has(authorization.replace(/^Bearer /, '')),
    revokeAll: () => good.clear(),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
