import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { askAddress } from '../../lib/connect/diagnostics/network.ts';
import { listen, stopListening } from '../../lib/node/http/listen.ts';

it('says which address does not answer, without its path', async () => {
  const server = createServer();
  const port = await listen(server, 0, '127.0.0.1');
  await stopListening(server, AbortSignal.abort());

  await expect(askAddress(`http://127.0.0.1:${port}/webhooks/`)).rejects.toThrow(
    new Error(`ECONNREFUSED at http://127.0.0.1:${port}`),
  );
});
