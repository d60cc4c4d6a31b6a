/** The bundles that are deployed. The end-to-end tests on the stack run them. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { BUILDING_MS, builtStack } from './built-stack.ts';

let root: string;
beforeAll(async () => {
  ({ root } = await builtStack());
}, BUILDING_MS);

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
