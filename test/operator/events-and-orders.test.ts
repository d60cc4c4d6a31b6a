import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { after } from '../../lib/relay/model/clock.ts';
import type { Outcomes } from '../../lib/relay/model/event.ts';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import { anEndpointId, aPayload } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);

const TIME = String.raw`(\w{3} [ \d]\d (\d{4} )?)?\d\d:\d\d:\d\d`;

describe('events list', () => {
  it('shows the newest first, with time, order, changes and outcomes', async () => {
    const source = await aSource();
    const first = await stored({
      source,
      orderId: '7-501',
      niceId: 'Magic7-501',
      items: [{ status: 'New' }],
    });
    await fannedOut(first, { [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 4 } }, [
      { change: 'added', statusTo: 'New' },
    ]);
    const second = await stored({ source, orderId: '7-501', items: [{ status: 'Shipped' }] });

    const { exitCode, out } = await relay().cli(['events', 'list', '--source', source]);

    expect(exitCode).toBe(0);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(/^RECEIVED +ORDER +CHANGES +OUTCOMES +EVENT$/);
    expect(lines).toEqual([
      expect.stringMatching(`^${TIME} {2}7-501 +Shipped +not fanned out yet +${second.eventId}$`),
      expect.stringMatching(`^${TIME} {2}Magic7-501 +\\+ New +1 delivered +${first.eventId}$`),
    ]);
  });

  it('prints the records as JSON, with times in ISO 8601', async () => {
    const source = await aSource();
    const event = await stored({ source, orderId: '7-501', items: [] });

    const result = await relay().cli(['events', 'list', '--source', source, '--json']);

    expect(jsonOf(result)).toEqual({ items: [{ ...event, receivedAt: event.receivedAt.toISOString() }] });
  });

  it('stops at the limit, and continues from there', async () => {
    const source = await aSource();
    const older = await stored({ source });
    const newest = await stored({ source });
    const list = (...args: string[]) => relay().cli(['events', 'list', '--source', source, ...args]);

    expect(jsonOf(await list('--limit', '1', '--json'))).toEqual({
      items: [expect.objectContaining({ eventId: newest.eventId })],
      next: newest.eventId,
    });
    expect((await list('--limit', '1')).out).toContain(`--before ${newest.eventId} shows older events.`);
    expect(jsonOf(await list('--limit', '1', '--json', '--before', newest.eventId))).toEqual({
      items: [expect.objectContaining({ eventId: older.eventId })],
    });
    expect((await list('--limit', '3')).out).not.toContain('--before');
  });

  it('lists events of all sources unless one is named', async () => {
    const events = [await stored({ source: await aSource() }), await stored({ source: await aSource() })];

    const listed = jsonOf(
      await relay().cli(['events', 'list', '--since', '1h', '--limit', '1000', '--json']),
    );

    expect(listed).toEqual({
      items: expect.arrayContaining(events.map(({ eventId }) => expect.objectContaining({ eventId }))),
    });
  });

  it('omits events before --since, and shows the searched range', async () => {
    const source = await aSource();
    await stored({ source });
    const moment = after(new Date(), 60_000).toISOString();

    const { exitCode, out } = await relay().cli(['events', 'list', '--source', source, '--since', moment]);

    expect(exitCode).toBe(0);
    expect(out).toMatch(`No events.\nSearched from `);
    expect(out).toContain(`until now in the source ${source}.`);
  });

  it.each([
    ['--limit 0', '--limit must be at least 1'],
    ['--limit 1001', '--limit must be at most 1000'],
    ['--limit 1.5', '--limit must be a whole number'],
    ['--limit all', '--limit must be a number'],
    ['--since yesterday', '--since must be a duration before now (30m, 2h, 3d) or a time in ISO 8601'],
    ['--source a/b', '--source must be 1 to 64 letters'],
    ['--source nope', 'there is no source nope'],
    ['--order 7', "unknown option '--order'"],
    ['7-501', 'too many arguments'],
  ])('refuses %s with exit code 2', async (args, message) => {
    const { exitCode, out, err } = await relay().cli(['events', 'list', ...args.split(' ')]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});

describe('events show', () => {
  it('shows the event, every change, and the outcome of each endpoint', async () => {
    const source = await aSource();
    const event = await stored(
      { source, orderId: '7-501', niceId: 'Magic7-501', items: [{ status: 'Shipped' }, { status: 'New' }] },
      aPayload('{}', 'application/json'),
    );
    await relay().put('endpoint', 'shop', { url: 'https://shop.example/' });
    await owed(event, { endpointId: anEndpointId('shop'), nextAttemptAt: after(event.receivedAt, 300_000) });
    const outcomes: Outcomes = {
      [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 4 },
      [anEndpointId('shop')]: { state: 'pending' },
    };
    await fannedOut(event, outcomes, [
      { change: 'changed', sku: 'Mug', statusFrom: 'New', statusTo: 'Shipped', trackingNumberTo: '1Z9' },
      { change: 'added', sku: 'Poster', statusTo: 'New' },
    ]);

    const { exitCode, out } = await relay().cli(['events', 'show', event.eventId]);

    expect(exitCode).toBe(0);
    expect(out.replaceAll(new RegExp(TIME, 'g'), 'TIME')).toBe(
      [
        `Event ${event.eventId}`,
        '  order       Magic7-501  7-501',
        `  source      ${source}`,
        '  received    TIME',
        '  fanned out  143 ms later',
        '  items       Shipped, New',
        `  payload     2 bytes, application/json, sha256 ${sha256Hex('{}')}`,
        '',
        'Changes',
        '  Mug     New → Shipped  1Z9',
        '  Poster  + New',
        '',
        'Endpoints',
        '  erp   delivered 200 in 4 ms',
        '  shop  pending: timeout after 10 s, attempt 2, next attempt TIME',
        '        1.  TIME  503 in 20 ms        busy\\u001b[2J',
        '        2.  TIME  timeout after 10 s',
        '',
      ].join('\n'),
    );
  });

  it('does not show the body unless it is asked for: it holds personal data', async () => {
    const source = await aSource();
    const { eventId } = await stored({ source }, aPayload('{"Name": "Zoë"}\n\u001b[31m'));
    const show = (...args: string[]) => relay().cli(['events', 'show', eventId, ...args]);

    expect((await show()).out).not.toContain('Zo');
    expect((await show('--json')).out).not.toContain('Zo');
    expect((await show('--body')).out).toMatch(/\nBody\n\{"Name": "Zoë"\}\n\\u001b\[31m\n$/);
    expect(jsonOf(await show('--body', '--json'))).toMatchObject({
      payload: { bytes: 22, body: '{"Name": "Zoë"}\n\u001b[31m' },
    });
  });

  it('has a body that is no text in base64, as JSON alone', async () => {
    const source = await aSource();
    const body = Uint8Array.of(0xff, 0x00);
    const { eventId } = await stored({ source }, aPayload(body));
    const show = (...args: string[]) => relay().cli(['events', 'show', eventId, '--body', ...args]);

    expect((await show()).out).toMatch(/\nBody\nThe body is not text\. --json shows it in base64\.\n$/);
    const event = jsonOf(await show('--json'));
    expect(event).toHaveProperty('payload', { bytes: 2, sha256: sha256Hex(body), bodyBase64: '/wA=' });
  });

  it('finds an event by its order', async () => {
    const source = await aSource();
    const { eventId } = await stored({ source, orderId: '7-501', niceId: 'Magic7-501' });
    const show = (...args: string[]) => relay().cli(['events', 'show', eventId, '--json', ...args]);

    expect(jsonOf(await show('--order', 'Magic7-501', '--source', source))).toMatchObject({
      eventId,
      source,
    });
    expect((await show('--order', '7-502', '--source', source)).exitCode).toBe(2);
  });

  it('says that an event is not fanned out yet, and that its body is no order', async () => {
    const { eventId } = await stored({ source: await aSource(), noSnapshot: 'not JSON' });

    const { out } = await relay().cli(['events', 'show', eventId]);

    expect(out).toContain('  order       none\n');
    expect(out).toContain('  fanned out  not yet\n');
    expect(out).toContain('  items       none: not JSON\n');
  });

  it.each([
    ['evt_1', '<event-id> must be evt_ followed by 26 digits and capital letters'],
    ['evt_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'there is no event evt_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
  ])('refuses %s with exit code 2', async (eventId, message) => {
    const { exitCode, out, err } = await relay().cli(['events', 'show', eventId]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});

describe('orders show', () => {
  it('shows the timeline by either id, the oldest event first', async () => {
    const source = await aSource();
    const orderId = randomUUID();
    const niceId = `Magic-${orderId}`;
    const first = await stored({ source, orderId, niceId, items: [{ status: 'New' }] });
    await owed(first, { endpointId: anEndpointId('warehouse'), state: 'dead' });
    await fannedOut(
      first,
      {
        [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 4 },
        [anEndpointId('warehouse')]: { state: 'dead' },
      },
      [{ change: 'added', statusTo: 'New' }],
    );
    const second = await stored({ source, orderId, niceId, items: [{ status: 'Shipped' }] });
    await fannedOut(second, {}, [{ change: 'changed', statusFrom: 'New', statusTo: 'Shipped' }]);
    const third = await stored({ source, orderId, items: [{ status: 'Delivered' }] });

    const byOrderId = await relay().cli(['orders', 'show', orderId]);
    const byNiceId = await relay().cli(['orders', 'show', niceId]);

    expect(byNiceId).toEqual(byOrderId);
    expect(byOrderId.out.replaceAll(new RegExp(TIME, 'g'), 'TIME')).toBe(
      [
        `Order ${niceId}  ${orderId}  source ${source}`,
        '',
        `TIME  + New          ${first.eventId}`,
        '  erp        delivered 200 in 4 ms',
        '  warehouse  dead: timeout after 10 s, attempt 2',
        '             1.  TIME  503 in 20 ms        busy\\u001b[2J',
        '             2.  TIME  timeout after 10 s',
        '',
        `TIME  New → Shipped  ${second.eventId}`,
        '  no endpoint was subscribed',
        '',
        `TIME  Delivered      ${third.eventId}`,
        '  not fanned out yet',
        '',
      ].join('\n'),
    );
  });

  it('prints the order with its events and their deliveries as JSON', async () => {
    const source = await aSource();
    const orderId = randomUUID();
    const event = await stored({ source, orderId });
    await owed(event);

    const order = jsonOf(await relay().cli(['orders', 'show', orderId, '--json']));

    expect(order).toMatchObject({
      source,
      orderId,
      events: [
        { eventId: event.eventId, deliveries: [{ endpointId: 'erp', state: 'pending', attemptCount: 2 }] },
      ],
    });
  });

  it('counts the attempts that the row no longer keeps', async () => {
    const source = await aSource();
    const orderId = randomUUID();
    await owed(await stored({ source, orderId }), { attemptCount: 12 });

    expect((await relay().cli(['orders', 'show', orderId])).out).toMatch(/ 11\. .*\n.* 12\. /);
  });

  it('lists the orders of all sources with the id, newest first', async () => {
    const orderId = randomUUID();
    const [one, other] = [await aSource(), await aSource()];
    await stored({ source: one, orderId });
    await stored({ source: other, orderId });

    const listed = jsonOf(await relay().cli(['orders', 'show', orderId, '--json']));

    expect(listed).toMatchObject({ items: [{ source: other }, { source: one }] });
    const named = await relay().cli(['orders', 'show', orderId, '--source', other, '--json']);
    expect(jsonOf(named)).toMatchObject({ source: other });
  });

  it.each([
    [[], "missing required argument 'id'"],
    [['7-404'], 'there is no order 7-404: the relay has no source'],
    [['7-404', '--source', 'main'], 'there is no source main'],
    [['7-404', '--source', 'notices'], 'there is no order 7-404 in the source notices'],
    [['7-404', '--source', 'a/b'], '--source must be 1 to 64 letters'],
    [['7', '404'], 'too many arguments'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, out, err } = await relay().cli(['orders', 'show', ...args]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});
