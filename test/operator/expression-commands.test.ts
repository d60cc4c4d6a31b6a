import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tryFilter } from '../../lib/operator/endpoints/expression-trials.ts';
import { presetText } from '../../lib/operator/endpoints/presets.ts';
import { NOTICES, TESTS } from '../../lib/relay/model/ids.ts';
import { anEndpointId, anEvent, aPayload } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut } = storedEvents(relay);

const URL_OF_ERP = 'https://erp.example/hook?orderid=';
const endpoints = (...args: string[]) => relay().cli(['endpoints', ...args]);
const add = (...args: string[]) => endpoints('add', '--id', 'erp', '--url', URL_OF_ERP, ...args);
const rowOf = async (id: string) => (await relay().config()).find((row) => row.id === id);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sensaria-relay-expressions-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function aFile(text: string): Promise<string> {
  const path = join(folder, `${Math.random()}.jsonata`);
  await writeFile(path, text);
  return path;
}

/** An endpoint that is subscribed to a new source with one event. */
async function withEvent(attributes: object, order: object = { Id: '1', Status: 'Shipped' }) {
  const source = await aSource();
  await relay().put('endpoint', 'erp', { url: URL_OF_ERP, sources: [source], ...attributes });
  const items = [{ sku: 'Mug', status: 'Shipped' }];
  const parts = { source, orderId: '1', niceId: 'Magic7-501', items };
  const event = await stored(parts, aPayload(JSON.stringify(order)));
  await fannedOut(event, {}, [{ change: 'added', sku: 'Mug', statusTo: 'Shipped' }]);
  return event;
}

/** Twelve newer events that the endpoint erp does not get by its sources. */
async function otherEvents() {
  const endpointId = anEndpointId('erp');
  const others = [await aSource(), await aSource()].map((source) => ({ source }));
  const relays = [{ source: TESTS, endpointId }, { source: NOTICES }];
  for (const parts of Array(3)
    .fill([...others, ...relays])
    .flat())
    await stored(parts);
}

describe('endpoints add and set', () => {
  it('write a filter, a transform and a content type', async () => {
    const expressions = ['--filter', 'order.Id', '--transform', '"hi"', '--content-type', 'text/html'];

    const { exitCode, err } = await add(...expressions);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(await rowOf('erp')).toMatchObject({
      filter: 'order.Id',
      transform: '"hi"',
      contentType: 'text/html',
    });
  });

  it('write a success expression, and show it', async () => {
    const { exitCode, err, out } = await add('--success', 'status in [200, 302]');

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/success +status in \[200, 302\]\n/);
    expect(await rowOf('erp')).toMatchObject({ success: 'status in [200, 302]' });
  });

  it('warn of a host that answers 302 after it has acted, and name the setting', async () => {
    const url = 'https://script.google.com/macros/s/KEY/exec';
    const { err } = await endpoints('add', '--id', 'sheet', '--url', url);

    expect(err).toContain('script.google.com answers 302 after it has acted');
    expect(err).toContain("--success 'status in [200, 302]'");

    const changed = await endpoints('set', 'sheet', '--success', 'status in [200, 302]');
    expect(changed).toMatchObject({ exitCode: 0, err: '' });
  });

  it('read them from files', async () => {
    const path = await aFile('order.\n  Items\n');

    await add('--filter', `@${path}`);

    expect(await rowOf('erp')).toMatchObject({ filter: 'order.\n  Items' });
  });

  it.each<[string[], string]>([
    [['--filter', 'order..'], 'error: --filter is not valid JSONata: Syntax error: ".." at character 7'],
    [
      ['--transform', '{"a": }'],
      'error: --transform is not valid JSONata: The symbol "}" cannot be used as a unary operator at character 7',
    ],
    [['--success', 'status in'], 'error: --success is not valid JSONata'],
    [['--filter', '@/no/such/file'], 'error: --filter names a file that cannot be read: ENOENT'],
    [['--filter', ''], 'error: --filter is not valid JSONata: Unexpected end of expression'],
    [['--filter', `"${'x'.repeat(9_000)}"`], 'error: --filter must be at most 8192 characters'],
    [['--content-type', 'html'], 'error: --content-type must be a media type such as application/json'],
    [['--content-type', 'text/html\r\nx: y'], 'error: --content-type must be a media type'],
    [['--preset', 'icq'], 'error: --preset must be slack or teams or discord or google-chat or changes'],
    [['--preset', 'slack', '--transform', '1'], 'error: --preset cannot be combined with --transform'],
  ])('refuse %j, and write nothing', async (args, message) => {
    const { exitCode, err } = await add(...args);

    expect(exitCode).toBe(2);
    expect(err).toContain(message);
    expect(await relay().config()).toEqual([]);
  });

  it('say where in a file of several lines the mistake is', async () => {
    const path = await aFile('(\n  $x := 1;\n  $x +* 2\n)');

    const { err } = await add('--filter', `@${path}`);

    expect(err).toMatch(/at line 3, character \d/);
  });

  it('write a preset’s transform, and every step of an order for the chats', async () => {
    await add('--preset', 'slack');

    expect(await rowOf('erp')).toMatchObject({
      transform: await presetText('slack'),
      ordering: 'none',
      rateLimitPerSecond: 1,
      filter: expect.stringContaining('$count(changes) > 0'),
    });
    expect(await rowOf('erp')).not.toHaveProperty('preset');
  });

  it('leave the filter and the rate limit that were given along with a preset', async () => {
    await add('--preset', 'slack', '--filter', 'order.Id', '--rate-limit-per-second', '0.5');

    expect(await rowOf('erp')).toMatchObject({ filter: 'order.Id', rateLimitPerSecond: 0.5 });
  });

  it('leave what the row says when a preset is set later, and add what it does not say', async () => {
    await add('--filter', 'order.Id', '--ordering', 'strict');
    await endpoints('set', 'erp', '--preset', 'discord');

    expect(await rowOf('erp')).toMatchObject({
      transform: await presetText('discord'),
      filter: 'order.Id',
      ordering: 'strict',
      rateLimitPerSecond: 2,
    });
  });

  it('leave the ordering of an endpoint that debounces its orders', async () => {
    expect(await add('--preset', 'slack', '--debounce-seconds', '10')).toMatchObject({ exitCode: 0 });

    expect(await rowOf('erp')).not.toHaveProperty('ordering');
  });

  it('leave the ordering that was given along with a preset', async () => {
    await add('--preset', 'discord', '--ordering', 'strict');

    expect(await rowOf('erp')).toMatchObject({ ordering: 'strict' });
  });

  it('take them away again', async () => {
    await add('--filter', 'order', '--transform', '1', '--content-type', 'a/b');

    await endpoints('set', 'erp', '--unset', 'filter', '--unset', 'transform', '--unset', 'content-type');

    expect(Object.keys((await rowOf('erp')) ?? {}).sort()).toEqual([
      'createdAt',
      'id',
      'kind',
      'updatedAt',
      'url',
    ]);
  });

  it.each(['--filter', '--transform'])(
    'warn of a %s that reads changes, some of which are never sent',
    async (option) => {
      const { err } = await add(option, '$count(changes[statusTo="Shipped"]) > 0');

      expect(err).toMatch(
        /^warning: the (filter|transform) of erp reads changes, but the ordering latest never/,
      );
    },
  );

  it.each([
    ['--filter', 'order.note = "changes"'],
    ['--filter', 'changes', '--ordering', 'none'],
  ])('do not warn of %s %s', async (...args) => {
    expect((await add(...args)).err).toBe('');
  });

  it('do not warn of a content type without a transform: it replaces the Hub’s', async () => {
    expect((await add('--content-type', 'a/b')).err).toBe('');
  });
});

describe('endpoints show', () => {
  it('shows the beginning of each expression on one line, and all of it as JSON', async () => {
    const transform = await presetText('teams');
    await add('--filter', '(\n  order.Id\n)', '--preset', 'teams');

    const { out } = await endpoints('show', 'erp');
    const json = jsonOf(await endpoints('show', 'erp', '--json'));

    expect(out).toMatch(/filter +\( order\.Id \)\n/);
    expect(out).toMatch(/transform +\/\* An Adaptive Card .*…\n/);
    expect(json).toMatchObject({ transform });
  });
});

describe('endpoints test-filter', () => {
  it.each([
    ['order.Status = "Shipped"', 'pass'],
    ['order.Status = "New"', 'skip'],
    ['changes.sku = "Mug"', 'pass'],
    ['order.Missing', 'skip'],
  ])('tells of the newest events what the filter %s makes of each: %s', async (filter, result) => {
    const { eventId } = await withEvent({ filter });

    const json = jsonOf(await endpoints('test-filter', 'erp', '--json'));

    expect(json).toMatchObject({ results: [{ eventId, niceId: 'Magic7-501', result }] });
  });

  it('evaluates another filter, without writing it', async () => {
    await withEvent({ filter: 'false' });

    expect((await endpoints('test-filter', 'erp', '--filter', 'order.Status + 1')).out).toMatch(
      /Magic7-501 .*error +The left side of the "\+" operator must evaluate to a number.*\n\nThe relay sends an event/,
    );
    expect(await rowOf('erp')).toMatchObject({ filter: 'false' });
  });

  it('says that there is no filter, and no event', async () => {
    const source = await aSource();
    await relay().put('endpoint', 'erp', { url: URL_OF_ERP, sources: [source] });

    const { exitCode, err } = await endpoints('test-filter', 'erp');

    expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining('erp has no filter') });
    expect((await endpoints('test-filter', 'erp', '--filter', 'true')).out).toMatch(
      /^No event of this endpoint’s sources was found\.\nLooked back to .*: \d+ events? of all sources\. --event uses an older event\.\n$/,
    );
  });

  it('finds the events of the endpoint’s sources behind newer ones of others', async () => {
    const { eventId } = await withEvent({ filter: 'order.Status = "Shipped"' });
    await otherEvents();

    const json = jsonOf(await endpoints('test-filter', 'erp', '--limit', '1', '--json'));
    const { out } = await endpoints('test-filter', 'erp', '--limit', '1');

    expect(json).toEqual({
      results: [expect.objectContaining({ eventId, result: 'pass' })],
      examined: 13,
      subscribed: 1,
      examinedSince: expect.stringMatching(/Z$/),
    });
    expect(out).toMatch(/pass\n\nLooked back to .*: 13 events of all sources\.\n$/);
  });
});

describe('tryFilter', () => {
  it('ends after 1,000 events, and says how far back that was', async () => {
    const source = await aSource();
    await relay().put('endpoint', 'erp', { url: URL_OF_ERP, sources: [source], filter: 'true' });
    const receivedAt = new Date('2026-03-01T12:00:00Z');
    let batches = 0;
    async function* endless(_: Date, batchSize: number) {
      for (; ; batches++) yield Array.from({ length: batchSize }, () => anEvent({ receivedAt }));
    }
    const { connection } = relay();
    const eventReader = { ...connection.eventReader, newestFirst: endless } as typeof connection.eventReader;

    const trials = await tryFilter({ ...connection, eventReader }, { endpointId: 'erp', limit: 20 });

    expect(trials).toEqual({ results: [], examined: 1_000, subscribed: 0, examinedSince: receivedAt });
    expect(batches).toBe(49);
  });
});

const previewsSchema = z.object({
  results: z.array(z.object({ body: z.string(), contentType: z.string() })),
});

describe('endpoints preview', () => {
  it('shows the body that the transform makes', async () => {
    const { eventId } = await withEvent({ transform: '{"id": order.Id}' });

    const { out } = await endpoints('preview', 'erp', '--event', eventId);

    expect(out).toContain(`Magic7-501`);
    expect(out).toContain('application/json\n{"id":"1"}\n');
  });

  it('shows the body that a preset makes', async () => {
    const { eventId } = await withEvent({}, { Id: '1', Items: [{ Sku: 'Mug', Status: 'Shipped' }] });

    const { results } = previewsSchema.parse(
      jsonOf(await endpoints('preview', 'erp', '--preset', 'slack', '--event', eventId, '--json')),
    );

    expect(results.map(({ body }) => JSON.parse(body))).toMatchObject([{ text: 'Order Magic7-501' }]);
    expect(results[0]?.body).toContain('• Mug: Shipped');
    expect(await rowOf('erp')).not.toHaveProperty('transform');
  });

  it('says why nothing would be sent', async () => {
    const { eventId } = await withEvent({ transform: 'order.Missing' });

    const { out, exitCode } = await endpoints('preview', 'erp', '--event', eventId);

    expect(exitCode).toBe(0);
    expect(out).toContain('nothing would be sent, transform: it gives nothing');
  });

  it('shows nothing that would steer a terminal', async () => {
    const { eventId } = await withEvent({ transform: '"a\\nb" & order.x' }, { x: '\u001b[2J' });

    expect((await endpoints('preview', 'erp', '--event', eventId)).out).toContain('a\nb\\u001b[2J');
  });

  it('says that no event has a payload left', async () => {
    const event = await withEvent({ transform: 'order.Id' });
    await relay().connection.eventEraser.erasePayload(event, new Date());

    expect((await endpoints('preview', 'erp')).out).toMatch(
      /^1 event of this endpoint’s sources has no payload: it expired or was erased\.\nLooked back to .*/,
    );
    expect((await endpoints('preview', 'erp', '--event', event.eventId)).out).toBe(
      `The payload of ${event.eventId} has expired or was erased.\n`,
    );
    expect(jsonOf(await endpoints('preview', 'erp', '--json'))).toMatchObject({ results: [], subscribed: 1 });
  });

  it('finds the newest event of the endpoint’s sources behind test events, notices and erased ones', async () => {
    const { eventId } = await withEvent({ transform: 'order.Id', notices: true });
    await otherEvents();

    const { out } = await endpoints('preview', 'erp');

    expect(out).toContain(eventId);
    expect(out).toMatch(/"?1"?\n\nLooked back to .*: 13 events of all sources\.\n$/);
    expect(jsonOf(await endpoints('preview', 'erp', '--json'))).toMatchObject({
      results: [{ eventId, body: '1' }],
      examined: 13,
    });
  });

  it('refuses an endpoint without a transform', async () => {
    const { eventId } = await withEvent({});

    const { exitCode, err } = await endpoints('preview', 'erp', '--event', eventId);

    expect(exitCode).toBe(2);
    expect(err).toContain('has no transform: it receives the webhook unchanged');
  });
});

describe('endpoints presets', () => {
  it('lists them', async () => {
    expect((await endpoints('presets')).out).toMatch(
      /slack .*\nteams .*\ndiscord .*\ngoogle-chat .*\nchanges /,
    );
  });

  it('prints one, to be copied and edited', async () => {
    expect((await endpoints('presets', 'slack')).out).toBe(`${await presetText('slack')}\n`);
  });

  it('says which there are when it is asked for another', async () => {
    expect(await endpoints('presets', 'icq')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('must be slack or teams or discord or google-chat or changes'),
    });
  });
});
