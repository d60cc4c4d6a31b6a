import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventRecord, Outcomes } from '../../lib/relay/model/event.ts';
import { type EndpointId, orderKeyOf, type SourceId } from '../../lib/relay/model/ids.ts';
import { MemoryClock } from '../memory/clock.ts';
import { anEndpointId, anEventId, aPayload } from '../ports/builders.ts';
import { type CliOptions, jsonOf } from './cli.ts';
import { useRelayOfTables } from './relay-of-tables.ts';
import { storedEvents } from './stored-events.ts';

const relay = useRelayOfTables();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);

const replay = (args: string, options?: CliOptions) => relay().cli(['replay', ...args.split(' ')], options);

/** An endpoint that hears one source alone: the event log is never emptied. */
async function anEndpoint(source: SourceId, attributes: object = {}) {
  const id = anEndpointId(randomUUID());
  const row = { url: 'https://erp.example/', ordering: 'none', sources: [source] };
  await relay().put('endpoint', id, { ...row, ...attributes });
  return id;
}

/** An event of an order of its own, unless one is named, that was fanned out. */
async function anEvent(source: SourceId, outcomes: Outcomes = {}, orderId: string = randomUUID()) {
  const event = await stored({ source, orderId });
  await fannedOut(event, outcomes);
  return event;
}

/** One that came some time ago. */
async function anOldEvent(source: SourceId, agoMs: number) {
  const { eventLog } = relay().connection;
  const receivedAt = later(new Date(), -agoMs);
  const eventId = anEventId(new MemoryClock(receivedAt));
  const event = { source, orderKey: orderKeyOf(source, eventId), eventId, receivedAt };
  await eventLog.putPayload(event, aPayload());
  await eventLog.putEvent(event, receivedAt);
  await fannedOut(event, {});
  return event;
}

async function rowOf({ orderKey, eventId }: EventRecord, id: EndpointId) {
  const rows = await relay().connection.eventLog.deliveries(orderKey);
  return rows.find((row) => row.eventId === eventId && row.endpointId === id);
}

describe('replay --event', () => {
  it('makes the event owed to every endpoint that hears its source and did not get it', async () => {
    const source = await aSource();
    const [had, dead, fresh] = [await anEndpoint(source), await anEndpoint(source), await anEndpoint(source)];
    const deaf = await anEndpoint(await aSource());
    const event = await anEvent(source, {
      [had]: { state: 'delivered', status: 200, durationMs: 4 },
      [dead]: { state: 'dead', status: 500, durationMs: 3 },
    });

    const { exitCode, out } = await replay(`--event ${event.eventId}`);

    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^2 deliveries are owed again: 1 to .*, 1 to .*\.\n1 was delivered before: .*\nDeliver starts now\.\n$/,
    );
    for (const id of [dead, fresh]) {
      expect(await rowOf(event, id)).toMatchObject({
        state: 'pending',
        owedTo: id,
        replayedAt: expect.any(Date),
      });
    }
    for (const id of [had, deaf]) expect(await rowOf(event, id)).toBeUndefined();
  });

  it('can be for one endpoint, and include what it got', async () => {
    const source = await aSource();
    const [one, other] = [await anEndpoint(source), await anEndpoint(source)];
    const event = await anEvent(source, {
      [one]: { state: 'delivered', status: 200, durationMs: 4 },
      [other]: { state: 'delivered', status: 200, durationMs: 4 },
    });

    const result = await replay(`--event ${event.eventId} --endpoint ${one} --include-delivered --json`);

    expect(jsonOf(result)).toEqual({
      ...{
        owed: 1,
        delivered: 0,
        underWay: 0,
        replayed: 0,
        newer: 0,
        skipped: 0,
        notFannedOut: 0,
        erased: 0,
      },
      ...{ owedTo: { [one]: 1 }, leftOut: [], waits: [], atOnce: true, interrupted: false },
    });
    expect(await rowOf(event, one)).toMatchObject({
      state: 'pending',
      possiblyDeliveredAt: expect.any(Date),
    });
    expect(await rowOf(event, other)).toBeUndefined();
  });

  it('leaves out endpoints that would get nothing, and says why', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const disabled = await anEndpoint(source, { state: 'disabled' });
    const event = await anEvent(source);

    const { out } = await replay(`--event ${event.eventId}`);

    expect(out).toContain(`1 delivery is owed again: 1 to ${id}.\nLeft out: the endpoint ${disabled} is disabled.\n`);
    expect(await rowOf(event, disabled)).toBeUndefined();
  });

  it('shows in the timeline of the order that it was a replay', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const event = await anEvent(source, {}, '7-501');
    await owed(event, {
      endpointId: id,
      state: 'delivered',
      replayedAt: new Date(),
      attemptCount: 1,
    });

    const { out } = await relay().cli(['orders', 'show', '7-501', '--source', source]);

    expect(out).toMatch(/ delivered timeout after 10 s, replayed \d\d:\d\d:\d\d\n +1\. .*\n +2\. /);
  });
});

describe('replay --order', () => {
  it('takes every event of the order, the oldest first', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const orderId = randomUUID();
    const events = [await anEvent(source, {}, orderId), await anEvent(source, {}, orderId)];

    expect(jsonOf(await replay(`--order ${orderId} --json`))).toMatchObject({ owed: 2 });

    for (const event of events) expect(await rowOf(event, id)).toMatchObject({ state: 'pending' });
  });

  it('takes the newest event alone for an endpoint with latest', async () => {
    const source = await aSource();
    const id = await anEndpoint(source, { ordering: 'latest' });
    const orderId = randomUUID();
    const [old, newest] = [await anEvent(source, {}, orderId), await anEvent(source, {}, orderId)];
    await stored({ source, orderId });

    const { out } = await replay(`--order ${orderId}`);

    expect(out).toContain(
      '1 gives way to a newer event of the same order.\n1 is yet to be sent for the first time.\n',
    );
    expect(await rowOf(old, id)).toBeUndefined();
    expect(await rowOf(newest, id)).toMatchObject({ state: 'pending' });
  });

  it('takes nothing for an endpoint with latest that has had the newest', async () => {
    const source = await aSource();
    const id = await anEndpoint(source, { ordering: 'latest' });
    const orderId = randomUUID();
    await anEvent(source, { [id]: { state: 'dead', status: 500, durationMs: 3 } }, orderId);
    await anEvent(source, { [id]: { state: 'delivered', status: 200, durationMs: 4 } }, orderId);

    expect(jsonOf(await replay(`--order ${orderId} --json`))).toMatchObject({
      owed: 0,
      newer: 1,
      delivered: 1,
    });
    expect(jsonOf(await replay(`--order ${orderId} --include-delivered --json`))).toMatchObject({
      owed: 1,
      newer: 1,
    });
  });
});

describe('replay --endpoint --since', () => {
  it('takes what the endpoint did not get since then, from before it was there, too', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const before = await anOldEvent(source, 3 * 86_400_000);
    const wanted = [
      await anOldEvent(source, 86_400_000),
      await anOldEvent(source, 60_000),
      await anEvent(source),
    ];
    await anEvent(source, { [id]: { state: 'delivered', status: 200, durationMs: 4 } });
    await anEvent(await aSource());

    expect(jsonOf(await replay(`--endpoint ${id} --since 2d --json`))).toMatchObject({
      owed: 3,
      delivered: 1,
    });

    for (const event of wanted) expect(await rowOf(event, id)).toMatchObject({ state: 'pending' });
    expect(await rowOf(before, id)).toBeUndefined();
  });

  it('does the same again without doing anything twice', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const event = await anEvent(source);
    await replay(`--endpoint ${id} --since 1h`);
    const row = await rowOf(event, id);

    expect(jsonOf(await replay(`--endpoint ${id} --since 1h --json`))).toMatchObject({
      owed: 0,
      underWay: 1,
    });

    expect(await rowOf(event, id)).toEqual(row);
  });

  it('counts, and changes nothing, in a dry run', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const event = await anEvent(source);

    const { out } = await replay(`--endpoint ${id} --since 1h --dry-run`);

    expect(out).toBe(`1 delivery would be sent again: 1 to ${id}.\n`);
    expect(await rowOf(event, id)).toBeUndefined();
  });

  it('leaves more than ten to sweep', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    for (let count = 0; count < 11; count++) await anEvent(source);

    const { out } = await replay(`--endpoint ${id} --since 1h`);

    expect(out).toMatch(
      /^11 deliveries are owed again: 11 to .*\nDeliver starts within a minute, with the oldest, /,
    );
  });

  it('says what a paused endpoint waits for', async () => {
    const source = await aSource();
    const id = await anEndpoint(source, { state: 'paused' });
    await anEvent(source);

    expect((await replay(`--endpoint ${id} --since 1h`)).out).toContain(
      `until \`endpoints resume ${id}\`.\n`,
    );
  });

  it('is ended by Ctrl-C, and goes on from there with --resume', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const outcomes: Outcomes = { [id]: { state: 'delivered', status: 200, durationMs: 4 } };
    for (let count = 0; count < 12; count++) await anEvent(source, outcomes);
    const all = `--endpoint ${id} --since 1h --include-delivered`;
    // It is ended by the first line of progress.
    const controller = new AbortController();
    const interrupting = { interruption: controller.signal, errColumns: 80, onErr: () => controller.abort() };

    const first = await replay(`${all} --json`, interrupting);
    const [, resume = ''] = /--resume (\S+) does the rest/.exec(first.err) ?? [];
    await settleAll(id, source);
    const second = await replay(`${all} --json --resume ${resume}`);

    expect(first.exitCode).toBe(1);
    expect(jsonOf(first)).toMatchObject({ owed: 10, interrupted: true, resume });
    expect(jsonOf(second)).toMatchObject({ owed: 2, replayed: 10, interrupted: false });
  });

  it('shows how far it is where a person watches, and nothing in a pipe', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    await anEvent(source);
    const count = `--endpoint ${id} --since 1h --dry-run`;

    const { err } = await replay(count, { errColumns: 40 });
    const cleared = '\r\u001b[K';
    expect(err).toMatch('1 made owed, up to what came');
    expect(err.startsWith(cleared) && err.endsWith(cleared)).toBe(true);
    expect((await replay(count)).err).toBe('');
  });
});

/** Everything that was replayed has arrived. */
async function settleAll(id: EndpointId, source: SourceId) {
  const { eventLog, eventReader } = relay().connection;
  for (const { orderKey } of await eventReader.newest({
    since: later(new Date(), -3_600_000),
    source,
    limit: 100,
  })) {
    for (const row of await eventLog.deliveries(orderKey)) {
      expect(row.endpointId).toBe(id);
      const unchanged = { state: 'pending', leaseId: undefined } as const;
      await eventLog.updateDelivery(row, unchanged, { state: 'delivered', owedTo: null, dueAt: null });
    }
  }
}

describe('a replay that is wrong', () => {
  it.each([
    ['disabled', { state: 'disabled' }, {}, 'is disabled\n`endpoints enable '],
    [
      'disabled',
      {},
      { state: 'disabled', reason: 'it is gone' },
      'is disabled: it is gone\n`endpoints enable ',
    ],
  ])('is refused for an endpoint that is %s', async (_, attributes, health, message) => {
    const source = await aSource();
    const id = await anEndpoint(source, attributes);
    await relay().put('health', id, { state: 'ok', version: 1, ...health });
    const event = await anEvent(source);

    for (const args of [`--endpoint ${id} --since 1h`, `--event ${event.eventId} --endpoint ${id}`]) {
      const { exitCode, out, err } = await replay(args);
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
      expect(err).toContain(message);
    }
    expect(await replay(`--event ${event.eventId}`)).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/^error: no endpoint would get it: the endpoint .* is /),
    });
    expect(await rowOf(event, id)).toBeUndefined();
  });

  it('is refused for an endpoint that does not hear the source', async () => {
    const id = await anEndpoint(await aSource());
    const event = await anEvent(await aSource());

    const { exitCode, err } = await replay(`--event ${event.eventId} --endpoint ${id}`);

    expect(exitCode).toBe(2);
    expect(err).toContain(`error: the endpoint ${id} does not hear the source ${event.source}`);
  });

  it.each([
    ['--dry-run', '--event is missing, or --order, or --endpoint with --since'],
    ['--since 1h', '--event is missing, or --order, or --endpoint with --since'],
    ['--endpoint erp', '--since is missing'],
    ['--endpoint erp --since soon', '--since must be so long ago'],
    ['--event a --order b', '--order does not go with --event'],
    ['--event a --since 1h', '--since does not go with --event or --order'],
    ['--event a --source b', '--source goes with --order alone'],
    ['--event a --resume soon', '--resume must be so long ago'],
    ['--event a', '--event must be evt_'],
    ['--event evt_01M86WVMXHG7RHAJ1ZPVK76BDE', 'there is no event evt_01M86WVMXHG7RHAJ1ZPVK76BDE'],
    ['--order nothing', 'there is no order nothing'],
    ['--endpoint nobody --since 1h', 'there is no endpoint nobody'],
  ])('is refused with exit code 2: %s', async (args, message) => {
    const { exitCode, out, err } = await replay(args);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});
