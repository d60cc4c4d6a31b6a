import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Emulator, startEmulator } from '../../lib/emulator/emulator.ts';
import { ensureFirstSource } from '../../lib/emulator/first-source.ts';
import { BUILDING_MS, builtStack } from '../end-to-end/built-stack.ts';
import { type CliOptions, cli, itemsOf, jsonOf } from './cli.ts';
import { anHttpServer } from './http-server.ts';

let dataDir: string;
let port: string;
let emulator: Emulator | undefined;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensaria-cli-'));
  emulator = await startEmulator({ ...(await builtStack()), dataDir, port: 0 });
  ({ port } = new URL(emulator.url));
  const { dynamoDbConfig, resources } = emulator.engines;
  const { ConfigTableName, WebhookBaseAddress } = z
    .object({ ConfigTableName: z.string(), WebhookBaseAddress: z.string() })
    .parse(resources.outputs);
  await ensureFirstSource({
    ...{ dynamoDbConfig, dataDir },
    configTable: ConfigTableName,
    webhookBaseAddress: WebhookBaseAddress,
  });
}, BUILDING_MS);
afterAll(async () => {
  await emulator?.stop(0);
  rmSync(dataDir, { recursive: true, force: true });
});

const relay = (args: readonly string[], options?: CliOptions) =>
  cli(args, { program: '', environment: { RELAY_PORT: port }, ...options });

/** On a busy machine, the first invocations wait for the functions' environments. */
const FOR_A_TEST = { timeout: 120_000 };
/** Each poll runs a command, which takes CPU from the relay. */
const PATIENT = { timeout: 60_000, interval: 250 };

describe('the CLI on a relay that runs', FOR_A_TEST, () => {
  it('adds endpoints, sends a webhook, and shows its outcomes', async () => {
    const erp = await anHttpServer({ body: 'thanks' });
    const shop = await anHttpServer({ status: 503, body: 'busy' });
    await relay(['endpoints', 'add', '--id', 'erp', '--url', `${erp.url}/hook?orderid=`]);
    await relay(['endpoints', 'add', '--id', 'shop', '--url', shop.url]);
    const file = join(dataDir, 'order.json');
    const body = JSON.stringify({
      Id: '7-501',
      NiceId: 'Magic7-501',
      Items: [{ Sku: 'Mug', Status: 'New' }],
    });
    writeFileSync(file, body);

    const sent = await relay(['send', file]);

    expect(sent).toMatchObject({ exitCode: 0, err: '' });
    const [, eventId = ''] = /stored as event (evt_\w{26}) of order 7-501\n/.exec(sent.out) ?? [];
    await expect
      .poll(async () => (await relay(['orders', 'show', 'Magic7-501'])).out, PATIENT)
      .toMatch(
        / {2}erp {3}delivered 200 in \d+ ms\n.* {2}shop {2}pending: 503 in \d+ ms, next attempt .*busy\n$/s,
      );
    expect(erp.requests).toMatchObject([{ url: '/hook?orderid=7-501', body: Buffer.from(body) }]);
    const listed = await relay(['events', 'list']);
    expect(listed.out).toMatch(`Magic7-501  + New    1 pending, 1 delivered  ${eventId}\n`);
    const shown = await relay(['events', 'show', eventId, '--body', '--json']);
    expect(jsonOf(shown)).toMatchObject({ eventId, payload: { body, contentType: 'application/json' } });
    const endpoints = itemsOf(await relay(['endpoints', 'list', '--json']));
    expect(endpoints).toMatchObject([{ id: 'erp' }, { id: 'shop', health: { state: 'new' } }]);
  });

  it('sends a test event, shows the answer, and fails if the endpoint refuses it', async () => {
    const good = await anHttpServer({ body: 'thank you' });
    const bad = await anHttpServer({ status: 422, body: 'who are you?' });
    const secretly = ['--sign', '--auth', 'bearer', '--auth-token', 'hush-hush'];
    const slowly = ['--rate-limit-per-second', '0.3'];
    await relay([
      'endpoints',
      'add',
      '--id',
      'good',
      '--url',
      `${good.url}/?orderid=`,
      ...secretly,
      ...slowly,
    ]);
    await relay(['endpoints', 'add', '--id', 'bad', '--url', bad.url]);

    const tried = await relay(['endpoints', 'test', 'good']);
    const triedAgain = await relay(['endpoints', 'test', 'good']);
    const failed = await relay(['endpoints', 'test', 'bad']);

    expect(tried).toMatchObject({ exitCode: 0, err: '' });
    expect(tried.out).toMatch(/^good {2}delivered 200 in \d+ ms\n {2}1\. .*thank you/);
    expect(good.requests[0]).toMatchObject({ url: expect.stringMatching(/orderid=test-/) });
    expect(tried.out).toMatch(/\nPOST http:.*\/\?orderid=test-[-0]+\nauthorization: Bearer \*\*\*\n/);
    expect(tried.out).toMatch(/\nwebhook-signature: v1,\*\*\*\n\n\{"Id":"test-/);
    expect(tried.out).not.toContain('hush-hush');
    expect(triedAgain.exitCode, 'it does not wait for the rate limit').toBe(0);
    expect(good.requests).toHaveLength(2);
    expect(good.requests).toMatchObject([
      {},
      { headers: { authorization: 'Bearer hush-hush', 'webhook-signature': expect.stringMatching(/^v1,/) } },
    ]);
    expect(failed).toMatchObject({
      exitCode: 1,
      err: 'error: the endpoint bad did not accept the test event\n',
    });
    expect(failed.out).toMatch(/^bad {2}dead: 422 in \d+ ms\n {2}1\. .*who are you\?/);
    expect(bad.requests).toHaveLength(1);
    expect((await relay(['events', 'list'])).out).toContain('a test event for good');
    expect((await relay(['deliveries', 'list'])).out).not.toContain('bad');
  });

  it('tests an endpoint whose circuit is open: a success closes it and drains the backlog', async () => {
    const busy = await anHttpServer({ status: 503, headers: { 'retry-after': '3600' }, body: 'busy' });
    const well = await anHttpServer({ headers: { 'content-type': 'text/plain' }, body: 'thanks' });
    const reached = () => well.requests.map(({ url }) => url);
    await relay(['endpoints', 'add', '--id', 'crm', '--url', busy.url]);

    const opening = await relay(['endpoints', 'test', 'crm']);
    const failing = await relay(['endpoints', 'test', 'crm']);
    await relay(['send', '-'], { input: '{"Id": "7-503"}' });
    await expect
      .poll(async () => (await relay(['orders', 'show', '7-503'])).out, PATIENT)
      .toMatch(/crm .*pending: endpoint is failing/);
    await relay(['endpoints', 'set', 'crm', '--url', `${well.url}/?orderid=`]);
    const closing = await relay(['endpoints', 'test', 'crm']);

    expect(opening).toMatchObject({ exitCode: 1, out: expect.stringMatching(/ {2}retry-after: 3600\n/) });
    expect(failing).toMatchObject({ exitCode: 1, out: expect.stringContaining('crm is still failing: ') });
    expect(busy.requests).toHaveLength(2);
    expect(closing).toMatchObject({ exitCode: 0, err: '' });
    expect(closing.out).toMatch(/^crm {2}delivered 200 .*thanks\n {2}content-type: text\/plain\n/s);
    expect(closing.out).toMatch(/crm was failing and answered: its circuit is closed, and the relay sends/);
    await expect.poll(reached, { timeout: 60_000 }).toContain('/?orderid=7-503');
    expect(reached()).toHaveLength(2);
  });

  it('tests a paused endpoint alone, and sends nothing to a disabled one', async () => {
    const { url, requests } = await anHttpServer();
    await relay(['endpoints', 'add', '--id', 'pos', '--url', url]);

    await relay(['endpoints', 'pause', 'pos']);
    const paused = await relay(['endpoints', 'test', 'pos']);
    await relay(['endpoints', 'disable', 'pos']);
    const disabled = await relay(['endpoints', 'test', 'pos']);

    expect(paused).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('pos is paused: the relay sent'),
    });
    expect(disabled).toEqual({
      exitCode: 2,
      out: '',
      err: 'error: the endpoint pos is disabled; no test event was sent\n`endpoints enable pos` enables it.\n',
    });
    expect(requests).toHaveLength(1);
  });

  it('goes on with the new address of the first source when that was rotated', async () => {
    const rotated = await relay(['sources', 'rotate', 'main', '--json']);

    // The functions reread the sources at most once a second.
    await expect
      .poll(() => relay(['send', '-'], { input: '{"Id": "7-502"}' }), PATIENT)
      .toMatchObject({ exitCode: 0, out: expect.stringContaining('of order 7-502') });
    expect(jsonOf(rotated)).toMatchObject({ id: 'main' });
  });
});

describe('trigger and listen', FOR_A_TEST, () => {
  it('walk a sample order to a status, and forward each event to a program on this machine', async () => {
    const program = await anHttpServer({ body: 'thanks' });
    const stop = new AbortController();
    const listening = relay(['listen', '--forward-to', `${program.url}/hook`, '--since', '1s'], {
      interruption: stop.signal,
    });

    const triggered = await relay(['trigger', 'ReadyForImageDl']);
    await expect
      .poll(() => program.requests.filter(({ url }) => url?.includes('sample-')).length, { timeout: 60_000 })
      .toBe(2);
    stop.abort();
    const { exitCode, out } = await listening;

    expect(triggered).toMatchObject({ exitCode: 0, err: '' });
    expect(triggered.out).toMatch(
      /^New {2}Sample-\w{4} {2}evt_\w{26}\n.*ReadyForImageDl {2}.*`orders show sample-\S+` shows/s,
    );
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /signed with whsec_\S+\n.*Sample-\w{4} {2}200 in \d+ ms {2}http:\/\/127\.0\.0\.1:\d+\/hook\?orderid=sample-/s,
    );
    const [first] = program.requests;
    expect(first?.headers['webhook-signature']).toMatch(/^v1,/);
  });

  it('are followed by a tail, one JSON value a line', async () => {
    const stop = new AbortController();
    let seen = '';
    const tailing = relay(['events', 'tail', '--since', '1s', '--json'], {
      interruption: stop.signal,
      onOut: (text) => {
        seen += text;
      },
    });

    const { eventId } = z
      .object({ eventId: z.string() })
      .parse(jsonOf(await relay(['trigger', 'New', '--json'])));
    await expect.poll(() => seen, { timeout: 60_000 }).toContain(eventId);
    stop.abort();

    const lines = (await tailing).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({ kind: 'event', event: expect.objectContaining({ eventId }) }),
    );
  });
});
