import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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

/** The modules of Node that the import of a bundle loads. */
function modulesOf(name: string, variables: Readonly<Record<string, string>>): string {
  const { href } = pathToFileURL(join(root, name, 'index.mjs'));
  const script = `await import('${href}');console.log(process.moduleLoadList.join())`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...VARIABLES, ...variables },
    encoding: 'utf8',
  });
}

const VARIABLES = {
  ...{ AWS_REGION: 'us-east-1', EVENT_LOG_TABLE: 'none', CONFIG_TABLE: 'none' },
  ...{ RETENTION_DAYS: '30', PAYLOAD_RETENTION_DAYS: '30', SILENCE_HOURS: '0' },
  ...Object.fromEntries(
    ['EVENTS', 'DELIVERIES', 'EVENTS_DEAD_LETTER', 'DELIVERIES_DEAD_LETTER'].map((queue) => [
      `${queue}_QUEUE_URL`,
      'https://sqs.invalid/1/none',
    ]),
  ),
  // Lambda sets these whether or not the function is traced.
  AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:1',
  _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0',
};

it.each(['ingest', 'fan-out', 'deliver'])('%s loads what sends traces only if it is traced', (name) => {
  expect(modulesOf(name, {})).not.toContain('dgram');
  expect(modulesOf(name, { EVENT_TRACES: 'x-ray' })).toContain('dgram');
});
