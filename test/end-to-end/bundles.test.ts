import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { bundleFunction } from '../../lib/stack/bundling.ts';
import { EXPRESSION_PROCESS } from '../../lib/stack/functions.ts';
import { startReceiver } from './a-receiver.ts';
import { useRunningRelay } from './a-running-relay.ts';
import { anOrder, sendAccepted } from './the-hub.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** A folder whose handlers are the bundles that the stack deploys. */
function bundledRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'sensaria-relay-bundles-'));
  mkdirSync(join(root, 'lambdas'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  for (const name of ['ingest', 'fan-out', 'deliver', 'sweep']) {
    const handler = `lambdas/${name}.ts`;
    bundleFunction(REPOSITORY, { handler, processes: EXPRESSION_PROCESS }, join(root, name));
    writeFileSync(join(root, handler), `export { handler } from '../${name}/index.mjs';`);
  }
  return root;
}

const root = bundledRoot();
const relay = useRunningRelay({ root });
afterAll(() => rmSync(root, { recursive: true }));

it('the bundles forward a webhook: at once, transformed, and again after a failure', async () => {
  const receiver = await startReceiver({
    '/fails-once': (response, attempt) => response.writeHead(attempt === 1 ? 503 : 200).end(),
  });
  onTestFinished(() => receiver.stop());
  const { connection } = relay();
  await addEndpoint(connection, 'whole', { url: `${receiver.url}/whole` });
  await addEndpoint(connection, 'part', { url: `${receiver.url}/part`, transform: '{"id": order.Id}' });
  await addEndpoint(connection, 'fails-once', { url: `${receiver.url}/fails-once` });
  const { address } = await addSource(connection, 'hub');

  await sendAccepted(address, { orderId: 'A-1' });

  const bodies = (path: string) =>
    receiver.arrivals.filter((arrival) => arrival.path === path).map(({ body }) => body.toString());
  await expect.poll(() => bodies('/whole'), { timeout: 30_000 }).toEqual([anOrder('A-1').toString()]);
  await expect.poll(() => bodies('/part'), { timeout: 30_000 }).toEqual(['{"id":"A-1"}']);
  await expect.poll(() => bodies('/fails-once').length, { timeout: 30_000 }).toBe(2);
});
