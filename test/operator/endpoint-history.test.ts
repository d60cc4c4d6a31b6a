import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { after } from '../../lib/relay/model/clock.ts';
import { attentionOf, type DeliveryAttributes } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import type { EndpointId } from '../../lib/relay/model/ids.ts';
import type { Outcome } from '../../lib/relay/model/outcome.ts';
import { anEndpointId } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);
const endpoints = (...args: string[]) => relay().cli(['endpoints', ...args]);

const DELIVERED: Outcome = { state: 'delivered', status: 200, durationMs: 143 };
const SKIPPED: Outcome = { state: 'skipped', reason: 'filter-refused' };
const DISABLED: Outcome = { state: 'cancelled', reason: 'endpoint-disabled' };

const pageSchema = z.object({
  items: z.array(z.looseObject({ eventId: z.string() })),
  next: z.string().optional(),
});
const page = async (...args: string[]) => pageSchema.parse(jsonOf(await endpoints(...args, '--json')));
const idsOf = async (...args: string[]) => (await page(...args)).items.map(({ eventId }) => eventId);

/** A new endpoint for each test, because the EventLog table is never cleared. */
async function anEndpoint(attributes: object = {}) {
  const id = anEndpointId(randomUUID());
  await relay().put('endpoint', id, { url: 'https://erp.example/', ...attributes });
  return id;
}

/** An event with an outcome for the endpoint, in a new order unless one is given. */
async function ended(id: EndpointId, outcome: Outcome, order?: EventRecord) {
  const event = await stored({
    source: order?.source ?? (await aSource()),
    orderId: order?.orderId ?? '7-501',
    niceId: 'Magic7-501',
  });
  await fannedOut(event, { [id]: outcome });
  return event;
}

/** An event with a delivery row. */
async function withRow(id: EndpointId, parts: Partial<DeliveryAttributes>, order?: EventRecord) {
  const event = await ended(id, { state: 'pending' }, order);
  await owed(event, { endpointId: id, ...parts });
  return event;
}
const dead = (id: EndpointId): Partial<DeliveryAttributes> => ({
  ...{ state: 'dead', settledAt: new Date(), owedTo: attentionOf(id) },
});
const gone = (id: EndpointId): Partial<DeliveryAttributes> => ({
  ...{ state: 'cancelled', reason: 'endpoint-disabled', settledAt: new Date(), owedTo: attentionOf(id) },
});

describe('endpoints history', () => {
  it('lists what became of each event for the endpoint, newest first', async () => {
    const id = await anEndpoint();
    const delivered = await ended(id, DELIVERED);
    await ended(anEndpointId('another'), DELIVERED);
    const failed = await withRow(id, dead(id));
    const cancelled = await ended(id, DISABLED);
    const waiting = await withRow(id, { reason: 'endpoint-paused' });

    expect((await page('history', id)).items).toMatchObject([
      { eventId: waiting.eventId, outcome: { state: 'pending' }, attempts: 2, next: { kind: 'now' } },
      { eventId: cancelled.eventId, outcome: DISABLED, attempts: 0, niceId: 'Magic7-501' },
      {
        eventId: failed.eventId,
        outcome: { state: 'dead' },
        attempts: 2,
        lastAnswer: { error: 'timeout after 10 s' },
      },
      {
        eventId: delivered.eventId,
        outcome: DELIVERED,
        attempts: 1,
        at: after(delivered.receivedAt, 143).toISOString(),
      },
    ]);
    const { out } = await endpoints('history', id);
    expect(out).toMatch(/^RECEIVED +ORDER +ENDED +ATTEMPTS +EVENT +OUTCOME\n/);
    expect(out).toMatch(
      new RegExp(`Magic7-501 .* 2 +${failed.eventId} +dead: timeout after 10 s, attempt 2\n`),
    );
    expect(out).toMatch(new RegExp(`Magic7-501 .* 1 +${delivered.eventId} +delivered 200 in 143 ms\n`));
  });

  it('lists one state', async () => {
    const id = await anEndpoint();
    const events = {
      delivered: await ended(id, DELIVERED),
      skipped: await ended(id, SKIPPED),
      dead: await withRow(id, dead(id)),
      cancelled: await ended(id, DISABLED),
      pending: await withRow(id, {}),
    };
    const cancelledLater = await withRow(id, gone(id));

    for (const [state, { eventId }] of Object.entries(events))
      expect(await idsOf('history', id, '--state', state)).toEqual([
        ...(state === 'cancelled' ? [cancelledLater.eventId] : []),
        eventId,
      ]);
    expect((await endpoints('history', id, '--state', 'superseded')).out).toBe(
      `No superseded events for ${id}.\n`,
    );
  });

  it('pages with the event of the page before', async () => {
    const id = await anEndpoint();
    const events: EventRecord[] = [];
    for (let count = 0; count < 5; count++) events.push(await ended(id, DELIVERED));
    const newestFirst = events.map(({ eventId }) => eventId).toReversed();

    const first = await page('history', id, '--limit', '2');
    const second = await page('history', id, '--limit', '2', '--before', first.next ?? '');
    const third = await page('history', id, '--limit', '2', '--before', second.next ?? '');

    expect([first, second, third].flatMap(({ items }) => items.map(({ eventId }) => eventId))).toEqual(
      newestFirst,
    );
    expect(third.next).toBeUndefined();
    expect((await endpoints('history', id, '--limit', '2')).out).toContain(
      `--before ${newestFirst[1]} continues the list.`,
    );
  });

  it('is kept of a removed endpoint, also when its health row is gone', async () => {
    const id = anEndpointId(randomUUID());
    const event = await withRow(id, gone(id));

    expect(await idsOf('history', id)).toEqual([event.eventId]);
  });

  it.each([
    [['nope-nope'], 'there is no endpoint nope-nope'],
    [['nope-nope', '--before', 'x'], 'there is no endpoint nope-nope'],
    [['erp', '--state', 'open'], '--state must be pending, delivered'],
    [['erp', '--limit', '0'], '--limit must be at least 1'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, err } = await endpoints('history', ...args);

    expect(exitCode).toBe(2);
    expect(err).toContain(`error: ${message}`);
  });
});

describe('endpoints missed', () => {
  it('lists each order whose newest update the endpoint did not receive, and how to resend it', async () => {
    const id = await anEndpoint();
    const failed = await withRow(id, dead(id));
    const cancelled = await ended(id, DISABLED);
    const waiting = await withRow(id, {});
    await ended(id, DELIVERED);
    await ended(id, SKIPPED);

    const { items, next } = await page('missed', id, '--since', '1h');

    expect(next).toBeUndefined();
    expect(items).toMatchObject([
      { eventId: waiting.eventId, state: 'pending', next: { kind: 'now' } },
      {
        eventId: cancelled.eventId,
        state: 'cancelled',
        reason: 'endpoint-disabled',
        resend: `replay --event ${cancelled.eventId} --endpoint ${id}`,
      },
      { eventId: failed.eventId, state: 'dead', lastAnswer: { error: 'timeout after 10 s' } },
    ]);
    const { out } = await endpoints('missed', id, '--since', '1h');
    expect(out).toMatch(/^ORDER +RECEIVED +STATE +NEXT ATTEMPT +EVENT +WHY\n/);
    expect(out).toMatch(
      new RegExp(`Magic7-501 .* cancelled +– +${cancelled.eventId} +endpoint is disabled\n`),
    );
    expect(out).toMatch(/pending +now +evt_\w+ +timeout after 10 s\n/);
    expect(out).toMatch(
      new RegExp(`\`replay --endpoint ${id} --since \\S+\` resends all that are dead or cancelled\\.\n`),
    );
    expect(out).toContain(`\`replay --event ${cancelled.eventId} --endpoint ${id}\` resends one.\n`);
  });

  it('leaves out an order of which the endpoint received a later update, and lists each order once', async () => {
    const id = await anEndpoint();
    const recovered = await withRow(id, dead(id));
    await ended(id, DELIVERED, recovered);
    const first = await withRow(id, dead(id));
    const second = await ended(id, DISABLED, first);
    await ended(id, SKIPPED, first);

    expect(await idsOf('missed', id, '--since', '1h')).toEqual([second.eventId]);
    const one = await page('missed', id, '--since', '1h', '--limit', '1');
    expect(one.items.map(({ eventId }) => eventId)).toEqual([second.eventId]);
  });

  it('lists a missed update of a strict endpoint also when it received a later one', async () => {
    const id = await anEndpoint({ ordering: 'strict' });
    const missed = await withRow(id, dead(id));
    await ended(id, DELIVERED, missed);

    expect(await idsOf('missed', id, '--since', '1h')).toEqual([missed.eventId]);
  });

  it('leaves out an event that was resent, and one that was forgotten', async () => {
    const id = await anEndpoint();
    const resent = await ended(id, DISABLED);
    await owed(resent, { endpointId: id, state: 'delivered', settledAt: new Date() });
    const forgotten = await ended(id, DISABLED);
    await relay().connection.eventEraser.noteForgotten(forgotten, new Date());

    expect((await endpoints('missed', id, '--since', '1h')).out).toMatch(
      new RegExp(`^${id} received the newest update of every order since .*\\.\n$`),
    );
  });

  it('says first how a disabled or a removed endpoint can receive again', async () => {
    const id = await anEndpoint({ state: 'disabled' });
    await ended(id, DISABLED);
    const removed = anEndpointId(randomUUID());
    await ended(removed, DISABLED);

    expect((await endpoints('missed', id, '--since', '1h')).out).toContain(
      `First: the endpoint ${id} is disabled. \`endpoints enable ${id}\` enables it. Then \`replay --endpoint ${id}`,
    );
    expect((await endpoints('missed', removed, '--since', '1h')).out).toContain(
      `First: the endpoint ${removed} was removed`,
    );
  });

  it('requires a time and an endpoint that exists', async () => {
    expect(await endpoints('missed', 'nope-nope', '--since', '1h')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('there is no endpoint nope-nope'),
    });
    expect((await endpoints('missed', 'nope-nope')).exitCode).toBe(2);
  });
});
