/** An AWS service that answers as a test tells it to: for what the embedded engines never do. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import { z } from 'zod';

export type Input = Readonly<Record<string, unknown>>;
/** The service's answer to one request; `silence` is no answer at all. */
export type Answer = { readonly status?: number; readonly body: unknown } | 'silence';

const inputSchema = z.record(z.string(), z.unknown());

export interface StubService {
  /** For the constructor of an SDK client. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The requests, in order. */
  readonly inputs: readonly Input[];
}

/** Starts services during a test, and stops them after it. */
export function useStubService(): (answer: (input: Input, count: number) => Answer) => Promise<StubService> {
  const running: { close(): void }[] = [];
  afterEach(() => {
    for (const server of running.splice(0)) server.close();
  });

  return async (answer) => {
    const inputs: Input[] = [];
    const server = createServer(async (request, response) => {
      const input = inputSchema.parse(JSON.parse((await buffer(request)).toString()));
      inputs.push(input);
      const answered = answer(input, inputs.length);
      if (answered === 'silence') return;
      response.writeHead(answered.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answered.body));
    });
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
    return {
      config: {
        endpoint: `http://127.0.0.1:${address.port}`,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      },
      inputs,
    };
  };
}
