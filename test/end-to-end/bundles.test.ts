/** The bundles that are deployed. The end-to-end tests on the stack run them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BUILDING_MS, builtStack } from './built-stack.ts';

let root: string;
beforeAll(async () => {
  ({ root } = await builtStack());
}, BUILDING_MS);

/** The output of a process that imports the bundle in a folder and runs a script with its handler. */
function outputOf(folder: string, script: string, variables: Readonly<Record<string, string>> = {}): string {
  const { href } = pathToFileURL(join(folder, 'index.mjs'));
  const importing = `const {handler}=await import('${href}');${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', importing], {
    env: { ...VARIABLES, ...variables },
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** The modules of Node that the import of a bundle loads. */
function modulesOf(name: string, variables: Readonly<Record<string, string>>): string {
  return outputOf(join(root, name), 'console.log(process.moduleLoadList.join())', variables);
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

describe('the stack of an error in the log of a bundle', () => {
  // The event is not one of API Gateway's.
  const failing = 'await handler({},{}).catch(()=>{})';

  it('has positions in the source files', () => {
    expect(outputOf(join(root, 'ingest'), failing)).toMatch(/lib\/aws\/lambda\/webhook-http\.ts:\d+:\d+/);
  });

  it('has positions in the bundle when there is no source map', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensaria-relay-no-maps-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(join(root, 'ingest'), folder, { recursive: true, filter: (path) => !path.endsWith('.map') });

    expect(outputOf(folder, failing)).toMatch(/index\.mjs:\d+:\d+/);
  });
});
