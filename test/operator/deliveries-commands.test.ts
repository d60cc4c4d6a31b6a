import { randomUUID } from 'node:crypto';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAN_OUT_ATTENTION } from '../../lib/relay/fan-out/quarantine.ts';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../lib/relay/model/delivery.ts';
import { attentionOf, type Delivery } from '../../lib/relay/model/delivery.ts';
import { shownState } from '../../lib/relay/model/delivery-state.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { type EndpointId, sourceOf } from '../../lib/relay/model/ids.ts';
import { anEndpointId } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);

const deliveries = (...args: string[]) => relay().cli(['deliveries', ...args]);
const OVER = (endpointId: EndpointId) => ({ owedTo: attentionOf(endpointId), settledAt: new Date() });

/** A new endpoint for each test, because the EventLog table is never cleared. */
async function anEndpoint(attributes: object = {}) {
  const id = anEndpointId(randomUUID());
  await relay().put('endpoint', id, { url: 'https://erp.example/', ...attributes });
  return id;
}

/** A delivery of a fanned out event, in a new order. */
async function aDelivery(endpointId: EndpointId, parts: Partial<DeliveryAttributes> = {}) {
  const event = await stored({ source: await aSource(), orderId: '7-501', niceId: 'Magic7-501' });
  const delivery = await owed(event, { endpointId, ...parts });
  await fannedOut(event, {
    [endpointId]: { state: shownState(delivery.state), status: 503, durationMs: 20 },
  });
  return delivery;
}

/** An event that came while the endpoint was disabled. */
async function aCancelledEvent(endpointId: EndpointId) {
  const receivedAt = later(new Date(), -60_000);
  const source = await aSource();
  const event = await stored({ source, receivedAt, orderId: '7-501', niceId: 'Magic7-501' });
  await fannedOut(event, { [endpointId]: { state: 'cancelled', reason: 'endpoint-disabled' } });
  return event;
}

async function rowOf({ orderKey, endpointId }: Delivery) {
  const rows = await relay().connection.eventLog.deliveries(orderKey);
  return rows.find((row) => row.endpointId === endpointId);
}

/** An event whose fan-out has failed for days. */
async function anAbandonedEvent() {
  const event = await stored({ source: await aSource(), orderId: '7-501' });
  const now = new Date();
  await relay().connection.eventLog.recordFanOutAttempt(event, {
    ...{ fanOutAttempts: 83, abandonedAt: now, quarantinedUntil: now },
    ...{ owedTo: FAN_OUT_ATTENTION, dueAt: now },
  });
  return event;
}

const listedSchema = z.object({
  items: z.array(z.looseObject({ eventId: z.string(), state: z.string() })),
  next: z.string().exactOptional(),
});
const listed = async (...args: string[]) =>
  listedSchema.parse(jsonOf(await deliveries('list', ...args, '--json')));

/** The bodies of a queue's messages. */
async function messagesOn(queue: 'events' | 'deliveries'): Promise<string[]> {
  const { sqs, connection } = relay();
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: connection.relay.queueUrls[queue], MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = '' }) => Body);
}

describe('deliveries list', () => {
  it('says that there is nothing to do', async () => {
    expect((await deliveries('list')).out).toMatch(
      /^No delivery is pending, and nothing needs attention\.\n$|abandoned/,
    );
  });

  it('says what was asked when it finds nothing, and what there is besides', async () => {
    const id = await anEndpoint();

    expect((await deliveries('list', '--endpoint', id)).out).toBe(
      `There are no deliveries that wait or need attention for ${id}. None is waiting, dead or cancelled.\n`,
    );
    for (let count = 0; count < 3; count++) await aDelivery(id);
    await aDelivery(id, { state: 'cancelled', ...OVER(id) });

    expect((await deliveries('list', '--endpoint', id, '--state', 'dead')).out).toBe(
      `There are no dead deliveries for ${id}. 3 are waiting, 1 is cancelled.\n`,
    );
    expect(jsonOf(await deliveries('list', '--endpoint', id, '--state', 'dead', '--json'))).toEqual({
      items: [],
      besides: {
        pending: { count: 3, isMore: false },
        dead: { count: 0, isMore: false },
        cancelled: { count: 1, isMore: false },
      },
    });
    expect((await deliveries('list', '--endpoint', id, '--state', 'dead', '--since', '1h')).out).toMatch(
      /^There are no dead deliveries for \S+ since .*\d\d:\d\d:\d\d\. 3 are waiting, 1 is cancelled, whatever their time\.\n$/,
    );
  });

  it('lists a delivery that fan-out cancelled without a row, and its retry makes it pending', async () => {
    const id = await anEndpoint({ state: 'disabled' });
    const event = await aCancelledEvent(id);

    for (const filter of [
      ['--state', 'cancelled'],
      ['--endpoint', id],
    ]) {
      const { items: found } = await listed(...filter);
      expect(found.filter(({ eventId }) => eventId === event.eventId)).toMatchObject([
        { state: 'cancelled', reason: 'endpoint-disabled', endpointId: id, niceId: 'Magic7-501' },
      ]);
    }
    expect((await listed()).items.map(({ eventId }) => eventId)).not.toContain(event.eventId);
    expect((await deliveries('list', '--endpoint', id, '--state', 'dead')).out).toContain('1 is cancelled');

    await relay().cli(['endpoints', 'set', id, '--unset', 'state']);
    await relay().put('endpoint', id, { url: 'https://erp.example/' });
    expect((await deliveries('retry', '--endpoint', id)).out).toContain('1 delivery is retried.');

    expect((await listed('--endpoint', id)).items).toMatchObject([
      { eventId: event.eventId, state: 'pending', next: { kind: 'now' } },
    ]);
  });

  it('retries one delivery that fan-out cancelled without a row', async () => {
    const id = await anEndpoint();
    const [event] = [await aCancelledEvent(id), await aCancelledEvent(id)];

    expect((await deliveries('retry', event.eventId, '--endpoint', id)).out).toContain(
      '1 delivery is retried.',
    );
    expect((await listed('--endpoint', id, '--state', 'pending')).items).toMatchObject([
      { eventId: event.eventId },
    ]);
  });

  it('lists the cancelled deliveries of a removed endpoint, and says why they cannot be retried', async () => {
    const id = anEndpointId(randomUUID());
    await relay().put('health', id, { state: 'ok', version: 1 });
    const { eventId } = await aDelivery(id, { state: 'cancelled', reason: 'endpoint-removed', ...OVER(id) });

    expect((await listed('--state', 'cancelled')).items.map((one) => one.eventId)).toContain(eventId);
    for (const args of [
      ['deliveries', 'retry', '--endpoint', id],
      ['replay', '--event', eventId, '--endpoint', id],
      ['replay', '--endpoint', id, '--since', '1h'],
    ]) {
      const { exitCode, err } = await relay().cli(args);
      expect([exitCode, err]).toEqual([
        2,
        `error: the endpoint ${id} was removed, so nothing can be sent to it\n\`endpoints add --id ${id} --url <url>\` adds it again. Then run the command again.\n`,
      ]);
    }
  });

  it('shows the items that need attention, latest first, and then the pending deliveries, next due first', async () => {
    const id = await anEndpoint();
    const inAnHour = later(new Date(), 3_600_000);
    const last = await aDelivery(id, { nextAttemptAt: inAnHour, dueAt: inAnHour });
    const next = await aDelivery(id, { reason: 'endpoint-paused' });
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id), dueAt: later(new Date(), -2_000) });
    const cancelled = await aDelivery(id, {
      state: 'cancelled',
      reason: 'endpoint-disabled',
      ...OVER(id),
      dueAt: new Date(),
    });

    const { exitCode, out } = await deliveries('list', '--endpoint', id);

    expect(exitCode).toBe(0);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(
      /^ORDER +ENDPOINT +STATE +COUNTED ATTEMPTS +PENDING SINCE +NEXT ATTEMPT +EVENT +LAST ANSWER$/,
    );
    expect(lines).toEqual([
      expect.stringMatching(
        `^Magic7-501 .* cancelled +2 .* – +${cancelled.eventId} +endpoint is disabled, timeout after 10 s$`,
      ),
      expect.stringMatching(`^Magic7-501 .* dead +2 .* ${dead.eventId} +timeout after 10 s$`),
      expect.stringMatching(`^Magic7-501 .* pending +2 .* now +${next.eventId} +timeout after 10 s$`),
      expect.stringMatching(
        `^Magic7-501 .* pending +2 .* \\d\\d:\\d\\d:\\d\\d +${last.eventId} +timeout after 10 s$`,
      ),
      '',
      '1 cancelled, 1 dead, 2 pending.',
    ]);
  });

  it('shows what a delivery waits for when the time of its attempt has passed', async () => {
    const id = await anEndpoint({ ordering: 'strict' });
    const past = later(new Date(), -60_000);
    const { eventId, orderKey } = await aDelivery(id, {
      ...{ reason: 'behind-earlier', attemptCount: 0, nextAttemptAt: past, dueAt: past },
    });
    const source = sourceOf(orderKey);

    expect((await deliveries('list', '--endpoint', id)).out).toMatch(
      new RegExp(` pending +0 .* after an earlier delivery +${eventId} +timeout after 10 s\n`),
    );
    expect(
      (await relay().cli(['events', 'show', eventId, '--order', '7-501', '--source', source])).out,
    ).toContain('next attempt after an earlier delivery');
  });

  it('lists the deliveries of all endpoints, also of removed ones', async () => {
    const removed = anEndpointId(randomUUID());
    await relay().put('health', removed, { state: 'ok', version: 1 });
    const both = [await aDelivery(await anEndpoint()), await aDelivery(removed)];

    const { items: found } = await listed('--state', 'pending');

    expect(found.map(({ eventId }) => eventId).toSorted()).toEqual(
      both.map(({ eventId }) => eventId).toSorted(),
    );
  });

  it.each([
    ['pending', ['pending']],
    ['dead', ['dead']],
    ['cancelled', ['cancelled']],
  ])('can be of one state: %s', async (state, states) => {
    const id = await anEndpoint();
    await aDelivery(id);
    for (const over of ['dead', 'cancelled'] as const) await aDelivery(id, { state: over, ...OVER(id) });

    const { items: found } = await listed('--endpoint', id, '--state', state);

    expect(found.map((one) => one.state)).toEqual(states);
  });

  it('omits a settled delivery that the index still lists', async () => {
    const id = await anEndpoint();
    await aDelivery(id, { state: 'delivered' });

    expect(await listed('--endpoint', id)).toEqual({ items: [] });
  });

  it('omits deliveries that became pending before --since', async () => {
    const id = await anEndpoint();
    const now = new Date();
    await aDelivery(id, { owedSince: later(now, -7_200_000), dueAt: now });
    const young = await aDelivery(id, { owedSince: now, dueAt: now });

    expect((await listed('--endpoint', id, '--since', '1h')).items).toMatchObject([
      { eventId: young.eventId },
    ]);
  });

  it('continues page by page, from the items that need attention to the pending ones', async () => {
    const id = await anEndpoint();
    const over = { ...OVER(id), dueAt: new Date() };
    for (let count = 0; count < 3; count++) await aDelivery(id, { ...over, state: 'dead' });
    for (let count = 0; count < 2; count++) await aDelivery(id);
    const all = (await listed('--endpoint', id)).items;
    expect(all).toHaveLength(5);

    const pages = [];
    let next: string | undefined;
    do {
      const page = await listed('--endpoint', id, '--limit', '2', ...(next ? ['--after', next] : []));
      pages.push(page.items);
      next = page.next;
    } while (next !== undefined);

    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(all);
  });

  it('refuses a cursor that it did not print', async () => {
    expect(await deliveries('list', '--after', 'evt_1')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('--after must be the `next` of the page before'),
    });
  });

  it('stops at the limit, and says so', async () => {
    const id = await anEndpoint();
    for (let count = 0; count < 3; count++) await aDelivery(id);

    expect(await listed('--endpoint', id, '--limit', '2')).toMatchObject({
      items: [{}, {}],
      next: expect.any(String),
    });
    expect((await deliveries('list', '--endpoint', id, '--limit', '2')).out).toMatch(
      /\n2 pending\. --after \S+ continues the list\.\n$/,
    );
    expect(await listed('--endpoint', id, '--limit', '3')).toEqual({
      items: [{}, {}, {}].map(() => expect.anything()),
    });
  });

  it('shows events that were given up before they reached any endpoint', async () => {
    const event = await anAbandonedEvent();

    expect((await deliveries('list', '--state', 'abandoned')).out).toMatch(
      new RegExp(`7-501 +all +abandoned +83 .* ${event.eventId} +fan-out failed\n`),
    );
    const { items: found } = await listed('--state', 'abandoned');
    expect(found.find(({ eventId }) => eventId === event.eventId)).toMatchObject({
      state: 'abandoned',
      fanOutAttempts: 83,
    });
    expect(
      (await relay().cli(['events', 'show', event.eventId, '--order', '7-501', '--source', event.source]))
        .out,
    ).toContain(`no, 83 attempts failed: \`deliveries retry ${event.eventId} --state abandoned\``);
  });

  it.each([
    ['--endpoint nobody', 'there is no endpoint nobody'],
    ['--state late', '--state must be pending, dead, cancelled or abandoned'],
    ['--since soon', '--since must be a duration before now'],
    ['--limit 0', '--limit must be at least 1'],
  ])('refuses %s with exit code 2', async (args, message) => {
    const { exitCode, out, err } = await deliveries('list', ...args.split(' '));

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});

describe('deliveries retry', () => {
  it('retries the dead and cancelled deliveries of an endpoint with one message to deliver', async () => {
    const id = await anEndpoint();
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id) });
    const cancelled = await aDelivery(id, { state: 'cancelled', ...OVER(id) });
    const tomorrow = later(new Date(), 86_400_000);
    const pending = await aDelivery(id, { nextAttemptAt: tomorrow, dueAt: tomorrow });

    const result = await deliveries('retry', '--endpoint', id);

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(result.out).toBe('2 deliveries are retried.\nThe relay sends now.\n');
    for (const delivery of [dead, cancelled]) {
      expect(await rowOf(delivery)).toMatchObject({
        state: 'pending',
        owedTo: id,
        attemptCount: 0,
        replayedAt: expect.any(Date),
      });
    }
    expect(await rowOf(pending)).toMatchObject({ nextAttemptAt: tomorrow });
    const messages = (await messagesOn('deliveries')).filter((message) => message.includes(id));
    expect(messages).toHaveLength(1);
  });

  it('retries one that a function settled while its clock was a year ahead', async () => {
    const id = await anEndpoint();
    const inAYear = later(new Date(), 365 * 86_400_000);
    await aDelivery(id, { state: 'dead', ...OVER(id), settledAt: inAYear, dueAt: inAYear });

    expect((await deliveries('retry', '--endpoint', id)).out).toContain('1 delivery is retried.');
  });

  it('makes a pending one due now, without starting its count anew', async () => {
    const id = await anEndpoint();
    const tomorrow = later(new Date(), 86_400_000);
    const pending = await aDelivery(id, { nextAttemptAt: tomorrow, dueAt: tomorrow });
    const waiting = await aDelivery(id, { reason: 'endpoint-failing' });

    const result = await deliveries('retry', '--endpoint', id, '--state', 'pending', '--json');

    expect(jsonOf(result)).toMatchObject({ retried: 1, alreadyDue: 1, inFlight: 0 });
    const row = await rowOf(pending);
    expect(row).toMatchObject({ state: 'pending', reason: 'retry', attemptCount: 2 });
    expect(row).not.toHaveProperty('nextAttemptAt');
    expect(row).not.toHaveProperty('replayedAt');
    expect(row?.dueAt?.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await rowOf(waiting)).toMatchObject({ reason: 'endpoint-failing' });
  });

  it('retries one delivery, whatever its state', async () => {
    const id = await anEndpoint();
    const one = await aDelivery(id, { state: 'dead', ...OVER(id) });
    const other = await aDelivery(id, { state: 'dead', ...OVER(id) });

    const { out } = await deliveries('retry', one.eventId, '--endpoint', id);

    expect(out).toMatch(/^1 delivery is retried\.\n/);
    expect(await rowOf(one)).toMatchObject({ state: 'pending' });
    expect(await rowOf(other)).toMatchObject({ state: 'dead' });
  });

  it('says what there is when no delivery is dead or cancelled', async () => {
    const id = await anEndpoint();
    for (let n = 0; n < 3; n++) await aDelivery(id);

    const { exitCode, out } = await deliveries('retry', '--endpoint', id);

    expect(exitCode).toBe(0);
    expect(out.trimEnd().split('\n')).toEqual([
      `There are no dead or cancelled deliveries for ${id}.`,
      '3 are pending: the relay sends such deliveries by itself.',
      `\`endpoints missed ${id} --since 30d\` lists the orders that it did not get.`,
      `\`replay --endpoint ${id} --since 30d\` sends the events that it missed.`,
    ]);
    expect(jsonOf(await deliveries('retry', '--endpoint', id, '--json'))).toMatchObject({
      retried: 0,
      besides: { pending: { count: 3 }, dead: { count: 0 }, cancelled: { count: 0 } },
    });
  });

  it('says what there is when no delivery matches the state or the time', async () => {
    const id = await anEndpoint();
    await aDelivery(id, { state: 'dead', ...OVER(id) });
    await aDelivery(id, { state: 'dead', ...OVER(id) });
    await aDelivery(id, { state: 'cancelled', ...OVER(id) });
    const found = `2 are dead, 1 is cancelled: \`deliveries retry --endpoint ${id}\` retries such deliveries.`;

    const pending = await deliveries('retry', '--endpoint', id, '--state', 'pending');
    const tomorrow = later(new Date(), 86_400_000).toISOString();
    const late = await deliveries('retry', '--endpoint', id, '--since', tomorrow, '--dry-run');

    expect(pending.out).toContain(`There are no pending deliveries for ${id}.\n${found}\n`);
    expect(late.out).toMatch(/^There are no dead or cancelled deliveries for \S+ since .*\.\n/);
    expect(late.out).toContain(found);
  });

  it.each([
    ['has expired', 'expired', undefined],
    ['was erased', 'erased', new Date()],
  ])('names the orders whose payload %s', async (text, count, forgottenAt) => {
    const id = await anEndpoint();
    const good = await aDelivery(id, { state: 'dead', ...OVER(id) });
    const gone = await aDelivery(id, { state: 'dead', ...OVER(id) });
    const { eventEraser, eventLog } = relay().connection;
    await eventEraser.erasePayload(gone, new Date());
    if (forgottenAt !== undefined) await eventEraser.noteForgotten(gone, forgottenAt);
    expect(await eventLog.payload(gone)).toBeUndefined();

    const dryRun = await deliveries('retry', '--endpoint', id, '--dry-run');
    const { out } = await deliveries('retry', '--endpoint', id);

    expect(dryRun.out).toContain('1 delivery would be retried.\n');
    expect(out).toContain(
      `1 delivery is retried.\n1 cannot be retried: the payload ${text}.\nOrders without a payload: Magic7-501.`,
    );
    expect(await rowOf(good)).toMatchObject({ state: 'pending' });
    expect(await rowOf(gone)).toMatchObject({ state: 'dead' });
    const again = await deliveries('retry', gone.eventId, '--endpoint', id, '--json');
    expect(jsonOf(again)).toMatchObject({ retried: 0, [count]: 1, withoutPayload: ['Magic7-501'] });
  });

  it('counts, and changes nothing, in a dry run', async () => {
    const id = await anEndpoint();
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id) });

    const { out } = await deliveries('retry', '--endpoint', id, '--dry-run');

    expect(out).toBe('1 delivery would be retried.\n');
    expect(await rowOf(dead)).toMatchObject({ state: 'dead' });
  });

  it('does not change a delivery in flight', async () => {
    const id = await anEndpoint();
    const leased = await aDelivery(id, {
      state: 'leased',
      leaseId: 'lease',
      leaseUntil: later(new Date(), 30_000),
    });

    const { out } = await deliveries('retry', leased.eventId, '--endpoint', id);

    expect(out).toBe('0 deliveries are retried.\n1 is in flight.\n');
    expect(await rowOf(leased)).toEqual(leased);
  });

  it('says why the endpoint receives them later', async () => {
    const id = await anEndpoint({ state: 'paused' });
    await aDelivery(id, { state: 'dead', ...OVER(id) });

    expect((await deliveries('retry', '--endpoint', id)).out).toContain(
      `until \`endpoints resume ${id}\`.\n`,
    );
  });

  it('returns an abandoned event to fan-out', async () => {
    const event = await anAbandonedEvent();

    const { exitCode, out } = await deliveries('retry', event.eventId, '--state', 'abandoned');

    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '1 event is retried.\nThe relay sends now.\n' });
    const row = await relay().connection.eventLog.event(event);
    expect(row).toMatchObject({ fanOutAttempts: 1 });
    expect(row).not.toHaveProperty('abandonedAt');
    expect(row).not.toHaveProperty('quarantinedUntil');
    const lists = [0, 1, 2, 3].map((shard) => `fan-out#${shard}`);
    const owedNow = await Promise.all(
      lists.map((list) => relay().connection.eventLog.owed(list, later(new Date(), 1_000), 100)),
    );
    expect(owedNow.flat().map(({ eventId }) => eventId)).toContain(event.eventId);
    expect((await messagesOn('events')).join()).toContain(event.eventId);
  });

  it('returns all of them', async () => {
    const events: EventRecord[] = [await anAbandonedEvent(), await anAbandonedEvent()];

    await deliveries('retry', '--state', 'abandoned');

    for (const event of events) {
      expect(await relay().connection.eventLog.event(event)).toMatchObject({ fanOutAttempts: 1 });
    }
  });

  it('stops when it is interrupted, and shows how to continue', async () => {
    const id = await anEndpoint();
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id) });

    const { exitCode, out, err } = await relay().cli(['deliveries', 'retry', '--endpoint', id], {
      interruption: AbortSignal.abort(),
    });

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '0 deliveries are retried.\n' });
    expect(err).toMatch(/^error: the command was interrupted\nThe counts above are done/);
    expect(await rowOf(dead)).toMatchObject({ state: 'dead' });
  });

  it.each([
    ['disabled', { state: 'disabled' }, {}, 'is disabled\n`endpoints enable '],
    [
      'disabled',
      {},
      { state: 'disabled', reason: 'it is gone' },
      'is disabled: it is gone\n`endpoints enable ',
    ],
    ['wrong', { state: 'of' }, {}, 'is invalid: state: '],
  ])(
    'refuses an endpoint that is %s: all would be cancelled again',
    async (_, attributes, health, message) => {
      const id = await anEndpoint(attributes);
      await relay().put('health', id, { state: 'ok', version: 1, ...health });

      const { exitCode, err } = await deliveries('retry', '--endpoint', id);

      expect(exitCode).toBe(2);
      expect(err).toContain(message);
    },
  );

  it('refuses a delivery that has ended well', async () => {
    const id = await anEndpoint();
    const { eventId } = await aDelivery(id, { state: 'delivered' });

    const { exitCode, err } = await deliveries('retry', eventId, '--endpoint', id);

    expect(exitCode).toBe(2);
    expect(err).toContain(
      `error: the delivery ${eventId} to ${id} is delivered\n\`replay --event ${eventId}`,
    );
  });

  it.each([
    ['', '--endpoint is missing: give --endpoint <id> (with an event id, only that delivery)'],
    ['--state dead', '--endpoint is missing'],
    ['--state abandoned --endpoint erp', '--endpoint cannot be combined with --state abandoned'],
    ['--endpoint nobody', 'there is no endpoint nobody'],
    ['evt_1 --endpoint erp', '<event-id> must be evt_'],
    ['evt_01M86WVMXHG7RHAJ1ZPVK76BDE --endpoint erp', 'there is no event evt_01M86WVMXHG7RHAJ1ZPVK76BDE'],
  ])('refuses “%s” with exit code 2', async (args, message) => {
    await relay().put('endpoint', 'erp', { url: 'https://erp.example/' });

    const { exitCode, out, err } = await deliveries('retry', ...args.split(' ').filter(Boolean));

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});

describe('deliveries cancel', () => {
  it.each(['retry', 'cancel'])('says in the help of %s that it needs an endpoint', async (command_) => {
    const { out } = await deliveries(command_, '--help');

    expect(out).toContain(`deliveries ${command_} --endpoint <id> [options] [event-id]`);
    expect(out).toContain('select this endpoint’s deliveries; required');
  });

  it('cancels the pending deliveries of an endpoint, in the row and in the event', async () => {
    const id = await anEndpoint();
    const pending = await aDelivery(id);
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id) });

    const { exitCode, out } = await deliveries('cancel', '--endpoint', id);

    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: `1 delivery is cancelled.\n\`deliveries retry --endpoint ${id}\` makes them pending again.\n`,
    });
    expect(await rowOf(pending)).toMatchObject({
      ...{ state: 'cancelled', reason: 'cancelled-by-hand', owedTo: attentionOf(id) },
    });
    expect(await relay().connection.eventLog.event(pending)).toMatchObject({
      outcomes: { [id]: { state: 'cancelled', reason: 'cancelled-by-hand' } },
    });
    expect(await rowOf(dead)).toMatchObject({ state: 'dead' });
  });

  it('counts, and changes nothing, in a dry run', async () => {
    const id = await anEndpoint();
    const pending = await aDelivery(id);

    expect((await deliveries('cancel', pending.eventId, '--endpoint', id, '--dry-run')).out).toBe(
      '1 delivery would be cancelled.\n',
    );
    expect(await rowOf(pending)).toEqual(pending);
  });

  it('does not change a delivery in flight', async () => {
    const id = await anEndpoint();
    const leased = await aDelivery(id, {
      state: 'leased',
      leaseId: 'lease',
      leaseUntil: later(new Date(), 30_000),
    });

    expect(jsonOf(await deliveries('cancel', '--endpoint', id, '--json'))).toEqual({
      ...{ cancelled: 0, inFlight: 1, interrupted: false },
    });
    expect(await rowOf(leased)).toEqual(leased);
  });

  it('refuses a delivery that is over', async () => {
    const id = await anEndpoint();
    const { eventId } = await aDelivery(id, { state: 'dead', ...OVER(id) });

    const { exitCode, err } = await deliveries('cancel', eventId, '--endpoint', id);

    expect(exitCode).toBe(2);
    expect(err).toContain(`error: the delivery ${eventId} to ${id} is dead`);
  });

  it('refuses to cancel everything', async () => {
    const { exitCode, err } = await deliveries('cancel');

    expect(exitCode).toBe(2);
    expect(err).toContain('error: --endpoint is missing');
  });
});

describe('deliveries drop', () => {
  it('takes dead deliveries off the list, and keeps their state', async () => {
    const id = await anEndpoint();
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id) });
    const pending = await aDelivery(id);

    const { exitCode, out } = await deliveries('drop', '--endpoint', id, '--yes');

    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '1 delivery is dropped.\n' });
    const row = await rowOf(dead);
    expect(row).toMatchObject({ state: 'dead' });
    expect(row).not.toHaveProperty('owedTo');
    expect(await rowOf(pending)).toEqual(pending);
  });

  it('changes nothing in a dry run, and asks nothing', async () => {
    const id = await anEndpoint();
    const dead = await aDelivery(id, { state: 'dead', ...OVER(id) });

    const { out } = await deliveries('drop', dead.eventId, '--endpoint', id, '--dry-run');

    expect(out).toBe('1 delivery would be dropped.\n');
    expect(await rowOf(dead)).toMatchObject({ owedTo: attentionOf(id) });
  });

  it('needs an endpoint, and a yes where nobody can be asked', async () => {
    const id = await anEndpoint();

    expect((await deliveries('drop')).err).toContain('endpoint is missing');
    const unasked = await relay().cli(['deliveries', 'drop', '--endpoint', id], { ask: null });
    expect(unasked).toMatchObject({ exitCode: 2, out: '' });
    expect(unasked.err).toContain(`Drop the dead and cancelled deliveries to ${id}`);
  });
});
