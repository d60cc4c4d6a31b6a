import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventRecord, Outcomes } from '../../lib/relay/model/event.ts';
import { type EndpointId, orderKeyOf, type SourceId, TESTS } from '../../lib/relay/model/ids.ts';
import { MemoryClock } from '../memory/clock.ts';
import { anEndpointId, anEventId, aPayload } from '../ports/builders.ts';
import { type CliOptions, jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);

const replay = (args: string, options?: CliOptions) => relay().cli(['replay', ...args.split(' ')], options);

/** An endpoint that is subscribed to one source: the EventLog table is never cleared. */
async function anEndpoint(source: SourceId, attributes: object = {}) {
  const id = anEndpointId(randomUUID());
  const row = { url: 'https://erp.example/', ordering: 'none', sources: [source] };
  await relay().put('endpoint', id, { ...row, ...attributes });
  return id;
}

/** A fanned out event, in a new order unless one is given. */
async function anEvent(source: SourceId, outcomes: Outcomes = {}, orderId: string = randomUUID()) {
  const event = await stored({ source, orderId });
  await fannedOut(event, outcomes);
  return event;
}

/** An older event. */
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
  it('replays the event to every subscribed endpoint that did not receive it', async () => {
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
      /^2 deliveries are replayed: 1 to .*, 1 to .*\.\n1 is delivered already: .*\nThe relay sends now\.\n$/,
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

  it('can be for one endpoint, and include delivered events', async () => {
    const source = await aSource();
    const [one, other] = [await anEndpoint(source), await anEndpoint(source)];
    const event = await anEvent(source, {
      [one]: { state: 'delivered', status: 200, durationMs: 4 },
      [other]: { state: 'delivered', status: 200, durationMs: 4 },
    });

    const result = await replay(`--event ${event.eventId} --endpoint ${one} --include-delivered --json`);

    expect(jsonOf(result)).toEqual({
      ...{
        replayed: 1,
        delivered: 0,
        pending: 0,
        alreadyReplayed: 0,
        superseded: 0,
        skipped: 0,
        notFannedOut: 0,
        erased: 0,
        expired: 0,
      },
      ...{
        replayedTo: { [one]: 1 },
        withoutPayload: [],
        excluded: [],
        waitReasons: [],
        enqueued: true,
        interrupted: false,
      },
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

    expect(out).toContain(
      `1 delivery is replayed: 1 to ${id}.\nNo replay: the endpoint ${disabled} is disabled.\n`,
    );
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
  it('replays every event of the order, oldest first', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const orderId = randomUUID();
    const events = [await anEvent(source, {}, orderId), await anEvent(source, {}, orderId)];

    expect(jsonOf(await replay(`--order ${orderId} --json`))).toMatchObject({ replayed: 2 });

    for (const event of events) expect(await rowOf(event, id)).toMatchObject({ state: 'pending' });
  });

  it('replays only the newest event to an endpoint with latest', async () => {
    const source = await aSource();
    const id = await anEndpoint(source, { ordering: 'latest' });
    const orderId = randomUUID();
    const [old, newest] = [await anEvent(source, {}, orderId), await anEvent(source, {}, orderId)];
    await stored({ source, orderId });

    const { out } = await replay(`--order ${orderId}`);

    expect(out).toContain('1 is superseded by a newer event of the same order.\n1 is not fanned out yet.\n');
    expect(await rowOf(old, id)).toBeUndefined();
    expect(await rowOf(newest, id)).toMatchObject({ state: 'pending' });
  });

  it('replays nothing to an endpoint with latest that received the newest event', async () => {
    const source = await aSource();
    const id = await anEndpoint(source, { ordering: 'latest' });
    const orderId = randomUUID();
    await anEvent(source, { [id]: { state: 'dead', status: 500, durationMs: 3 } }, orderId);
    await anEvent(source, { [id]: { state: 'delivered', status: 200, durationMs: 4 } }, orderId);

    expect(jsonOf(await replay(`--order ${orderId} --json`))).toMatchObject({
      replayed: 0,
      superseded: 1,
      delivered: 1,
    });
    expect(jsonOf(await replay(`--order ${orderId} --include-delivered --json`))).toMatchObject({
      replayed: 1,
      superseded: 1,
    });
  });
});

describe('replay --endpoint --since', () => {
  it('replays all events that the endpoint did not receive since then, also from before it was added', async () => {
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
      replayed: 3,
      delivered: 1,
    });

    for (const event of wanted) expect(await rowOf(event, id)).toMatchObject({ state: 'pending' });
    expect(await rowOf(before, id)).toBeUndefined();
  });

  it('names each order whose payload was erased or has expired', async () => {
    const { eventLog, eventEraser } = relay().connection;
    const source = await aSource();
    const id = await anEndpoint(source);
    const [forgotten, expired] = [await anEvent(source, {}, 'F-1'), await anEvent(source, {}, 'E-1')];
    await eventEraser.noteForgotten(forgotten, new Date());
    await eventEraser.erasePayload(expired, new Date());
    expect(await eventLog.payload(expired)).toBeUndefined();

    const { out } = await replay(`--endpoint ${id} --since 1h`);

    expect(out).toContain('1 has no payload: the order was forgotten.\n1 has no payload: it has expired.\n');
    expect(out).toContain('Orders without a payload: F-1, E-1.\n');
    expect(await rowOf(expired, id)).toBeUndefined();
  });

  it('does not count test events', async () => {
    const id = await anEndpoint(await aSource());
    const test = await stored({ source: TESTS, endpointId: id });
    await fannedOut(test, {});

    expect(jsonOf(await replay(`--endpoint ${id} --since 1h --json`))).toMatchObject({ replayed: 0 });
    expect(await rowOf(test, id)).toBeUndefined();
  });

  it('changes nothing when it is repeated', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const event = await anEvent(source);
    await replay(`--endpoint ${id} --since 1h`);
    const row = await rowOf(event, id);

    expect(jsonOf(await replay(`--endpoint ${id} --since 1h --json`))).toMatchObject({
      replayed: 0,
      pending: 1,
    });

    expect(await rowOf(event, id)).toEqual(row);
  });

  it('counts, and changes nothing, in a dry run', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const event = await anEvent(source);

    const { out } = await replay(`--endpoint ${id} --since 1h --dry-run`);

    expect(out).toBe(`1 delivery would be replayed: 1 to ${id}.\n`);
    expect(await rowOf(event, id)).toBeUndefined();
  });

  it('enqueues one message for all deliveries of an endpoint', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    for (let count = 0; count < 11; count++) await anEvent(source);

    const { out } = await replay(`--endpoint ${id} --since 1h`);

    expect(out).toMatch(/^11 deliveries are replayed: 11 to .*\nThe relay sends now/);
  });

  it('says that a paused endpoint receives the events later', async () => {
    const source = await aSource();
    const id = await anEndpoint(source, { state: 'paused' });
    await anEvent(source);

    expect((await replay(`--endpoint ${id} --since 1h`)).out).toContain(
      `until \`endpoints resume ${id}\`.\n`,
    );
  });

  it('is interrupted by Ctrl-C, and continues with --resume', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    const outcomes: Outcomes = { [id]: { state: 'delivered', status: 200, durationMs: 4 } };
    for (let count = 0; count < 12; count++) await anEvent(source, outcomes);
    const all = `--endpoint ${id} --since 1h --include-delivered`;
    // The first line of progress aborts the run.
    const controller = new AbortController();
    const interrupting = { interruption: controller.signal, errColumns: 80, onErr: () => controller.abort() };

    const first = await replay(`${all} --json`, interrupting);
    const [, resume = ''] = /--resume (\S+) for the rest/.exec(first.err) ?? [];
    await awaitAll(id, source);
    const second = await replay(`${all} --json --resume ${resume}`);

    expect(first.exitCode).toBe(1);
    expect(jsonOf(first)).toMatchObject({ replayed: 10, interrupted: true, resume });
    expect(jsonOf(second)).toMatchObject({ replayed: 2, alreadyReplayed: 10, interrupted: false });
  });

  it('shows progress in a terminal, and none in a pipe', async () => {
    const source = await aSource();
    const id = await anEndpoint(source);
    await anEvent(source);
    const count = `--endpoint ${id} --since 1h --dry-run`;

    const { err } = await replay(count, { errColumns: 40 });
    const cleared = '\r\u001b[K';
    expect(err).toMatch('1 replayed, up to the event of');
    expect(err.startsWith(cleared) && err.endsWith(cleared)).toBe(true);
    expect((await replay(count)).err).toBe('');
  });
});

/** Marks all replayed deliveries as delivered. */
async function awaitAll(id: EndpointId, source: SourceId) {
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

describe('an invalid replay', () => {
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
      err: expect.stringMatching(/^error: no endpoint would receive the replay: the endpoint .* is /),
    });
    expect(await rowOf(event, id)).toBeUndefined();
  });

  it('is refused for an endpoint that is not subscribed to the source', async () => {
    const id = await anEndpoint(await aSource());
    const event = await anEvent(await aSource());

    const { exitCode, err } = await replay(`--event ${event.eventId} --endpoint ${id}`);

    expect(exitCode).toBe(2);
    expect(err).toContain(`error: the endpoint ${id} is not subscribed to the source ${event.source}`);
  });

  it.each([
    ['--dry-run', 'give --event, --order, or both --endpoint and --since'],
    ['--since 1h', 'give --event, --order, or both --endpoint and --since'],
    ['--endpoint erp', '--since is required'],
    ['--endpoint erp --since soon', '--since must be a duration before now'],
    ['--event a --order b', '--order cannot be combined with --event'],
    ['--event a --since 1h', '--since cannot be combined with --event or --order'],
    ['--event a --source b', '--source requires --order'],
    ['--event a --resume soon', '--resume must be a duration before now'],
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
