import { expect, it } from 'vitest';
import { aRelay } from '../../relay/a-relay.ts';
import { aConsole, connectionTo } from '../a-console.ts';

it('shows commands that work on this relay when they are pasted', async () => {
  const relay = aRelay();
  const connection = connectionTo(relay);
  const { request, signIn } = aConsole(relay, {
    connection: { ...connection, relay: { ...connection.relay, option: '--port 8799' } },
  });

  const page = await (await request('/', { headers: { cookie: await signIn() } })).text();

  expect(page).toContain('<code>npm run relay -- trigger Shipped --port 8799</code>');
});
