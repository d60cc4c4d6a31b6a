import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { eventMessageBody } from '../../lib/aws/sqs/messages.ts';
import { replay } from '../../lib/relay/delivery/replay.ts';
import { after } from '../../lib/relay/model/clock.ts';
import { attentionOf } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { nextEventId, type SourceId } from '../../lib/relay/model/ids.ts';
import { anEndpointId, aPayload } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay({ concurrent: true });
const { aSource, stored, fannedOut, owed } = storedEvents(relay);

const ERP = anEndpointId('erp');
const SHOP = anEndpointId('shop');
const PERSONAL = aPayload('{"Name":"Ada Personal"}');

const forget = (source: SourceId, ...args: readonly string[]) =>
  relay().cli(['forget', '--order', '7-501', '--source', source, ...args]);

/** Two events of one order: the newer has a pending delivery, and one that is dead. */
async function anOrder() {
  const source = await aSource();
  const ids = { source, orderId: '7-501', niceId: 'Magic7-501' };
  const older = await stored({ ...ids, items: [{ sku: 'Mug', status: 'New' }] }, PERSONAL);
  await fannedOut(older, { [ERP]: { state: 'delivered', status: 200, durationMs: 4 } });
  const newer = await stored({ ...ids, items: [{ sku: 'Mug', status: 'Shipped' }] }, PERSONAL);
  await fannedOut(newer, {
    [ERP]: { state: 'pending', status: 503, durationMs: 20 },
    [SHOP]: { state: 'dead', status: 503, durationMs: 20 },
  });
  await owed(newer, { endpointId: ERP, owedTo: ERP });
  await owed(newer, { endpointId: SHOP, state: 'dead', owedTo: attentionOf(SHOP), settledAt: new Date() });
  return { source, older, newer };
}

async function payloadsOf(events: readonly EventRecord[]) {
  const { eventLog } = relay().connection;
  return (await Promise.all(events.map((event) => eventLog.payload(event)))).filter(Boolean);
}

const rowsOf = ({ orderKey }: EventRecord) => relay().connection.eventLog.deliveries(orderKey);

// Side by side: each `forget` waits a second for dead letters.
describe.concurrent('forget', () => {
  it.each(['7-501', 'Magic7-501'])('erases payloads and answers of the order %s', async (order) => {
    const { source, older, newer } = await anOrder();

    const result = await relay().cli(['forget', '--order', order, '--source', source, '--json']);

    expect(jsonOf(result)).toEqual({
      orderKey: older.orderKey,
      events: 2,
      notFannedOut: 0,
      payloads: 2,
      cancelled: 1,
      answers: 2,
      inFlight: 0,
      deadLetters: [],
      interrupted: false,
    });
    expect(await payloadsOf([older, newer])).toEqual([]);
    const attempts = (await rowsOf(newer)).flatMap((row) => row.attempts);
    expect(attempts).toHaveLength(4);
    for (const made of attempts) expect(made).not.toHaveProperty('answer');
  });

  it('keeps the events with the time of the erasure and all outcomes', async () => {
    const { source, newer } = await anOrder();

    await forget(source);

    const { eventLog } = relay().connection;
    expect(await eventLog.event(newer)).toMatchObject({
      items: [{ sku: 'Mug', status: 'Shipped' }],
      outcomes: {
        [ERP]: { state: 'cancelled', reason: 'payload-erased' },
        [SHOP]: { state: 'dead', status: 503, durationMs: 20 },
      },
      forgottenAt: expect.any(Date),
    });
    const shown = await relay().cli(['orders', 'show', '7-501', '--source', source]);
    expect(shown.out.match(/payload erased .*\d\d:\d\d:\d\d$/gm)).toHaveLength(2);
    const event = await relay().cli([
      'events',
      'show',
      newer.eventId,
      '--order',
      '7-501',
      '--source',
      source,
    ]);
    expect(event.out).toMatch(/payload +was erased .*\d\d:\d\d:\d\d$/m);
    const json = jsonOf(await relay().cli(['orders', 'show', '7-501', '--source', source, '--json']));
    expect(json).toMatchObject({ events: [{ forgottenAt: expect.any(String) }, { niceId: 'Magic7-501' }] });
  });

  it('leaves no delivery pending or in need of attention', async () => {
    const { source, newer } = await anOrder();

    await forget(source);

    expect(await rowsOf(newer)).toMatchObject([
      { endpointId: ERP, state: 'cancelled', reason: 'payload-erased' },
      { endpointId: SHOP, state: 'dead' },
    ]);
    for (const row of await rowsOf(newer)) expect(row).not.toHaveProperty('owedTo');
  });

  it('changes nothing in a dry run, and counts the same', async () => {
    const { source, older, newer } = await anOrder();
    const before = await rowsOf(newer);

    const dry = jsonOf(await forget(source, '--dry-run', '--json'));

    expect(await payloadsOf([older, newer])).toHaveLength(2);
    expect(await rowsOf(newer)).toEqual(before);
    expect(await relay().connection.eventLog.event(newer)).not.toHaveProperty('forgottenAt');
    expect(jsonOf(await forget(source, '--json'))).toEqual(dry);
  });

  it('shows the results and the remaining data', async () => {
    const { source } = await anOrder();

    const { out, exitCode } = await forget(source);

    expect(exitCode).toBe(0);
    expect(out).toBe(
      [
        'Order 7-501: 2 payloads and 2 answers of endpoints are erased; 2 events are kept without payload.',
        '1 pending delivery is cancelled.',
        'Backups keep the data for up to 35 days. A later webhook of the order brings new data.',
        '',
      ].join('\n'),
    );
  });

  it('does no harm a second time', async () => {
    const { source, newer } = await anOrder();
    await forget(source);
    const rows = await rowsOf(newer);

    expect(jsonOf(await forget(source, '--json'))).toMatchObject({ payloads: 0, cancelled: 0, answers: 0 });
    expect(await rowsOf(newer)).toEqual(rows);
  });

  it('marks an event that is not fanned out, and leaves it to fan-out, which sends nothing', async () => {
    const source = await aSource();
    const event = await stored({ source, orderId: '7-501' }, PERSONAL);

    const { out } = await forget(source);

    expect(out).toContain('1 event not fanned out yet will not be sent.');
    expect(out).toContain('run the command again in two minutes');
    const row = await relay().connection.eventLog.event(event);
    expect(row).toMatchObject({ forgottenAt: expect.any(Date) });
    expect(row).not.toHaveProperty('fannedOutAt');
    expect(await payloadsOf([event])).toEqual([]);
  });

  it('erases a payload that no event belongs to: ingest has written it a second time, under a later id', async () => {
    const { source, older } = await anOrder();
    const { eventLog, clock } = relay().connection;
    const unused = { ...older, eventId: nextEventId(clock, Math.random, older.eventId) };
    await eventLog.putPayload(unused, PERSONAL);

    expect(jsonOf(await forget(source, '--json'))).toMatchObject({ events: 2, payloads: 3 });

    expect(await payloadsOf([unused])).toEqual([]);
  });

  it('does not change a delivery in flight, and says so', async () => {
    const source = await aSource();
    const event = await stored({ source, orderId: '7-501' }, PERSONAL);
    await fannedOut(event, { [ERP]: { state: 'pending' } });
    const lease = { state: 'leased' as const, leaseId: 'a lease', leaseUntil: after(new Date(), 30_000) };
    await owed(event, { endpointId: ERP, owedTo: ERP, ...lease });

    const { out } = await forget(source);

    expect(out).toContain('1 delivery is in flight.\n');
    expect(out).toContain('run the command again in two minutes');
    expect(await rowsOf(event)).toMatchObject([{ state: 'leased', leaseId: 'a lease' }]);
    expect(await payloadsOf([event])).toEqual([]);
  });

  it('is not undone by a message that still carries the event', async () => {
    const { source, older } = await anOrder();
    await forget(source);

    const { eventLog } = relay().connection;
    await eventLog.putPayload(older, PERSONAL);
    await eventLog.putEvent(older, new Date());

    expect(await payloadsOf([older])).toEqual([]);
    expect(await eventLog.event(older)).toMatchObject({ forgottenAt: expect.any(Date) });
  });

  it('leaves nothing that a replay could send', async () => {
    const { source, newer } = await anOrder();
    await forget(source);
    const event = await relay().connection.eventLog.event(newer);

    expect(await replay(relay().connection, event ?? newer, ERP)).toBe('erased');
  });

  it('names the dead letters that hold an event of the order', async () => {
    const { source, older } = await anOrder();
    const { sqs } = relay();
    const { connection, cli } = await relay().withOwnQueues();
    const of = async (event: EventRecord) => ({
      MessageBody: await eventMessageBody({ ...event, fullEvent: { event, payload: PERSONAL } }),
      MessageGroupId: event.orderKey,
      MessageDeduplicationId: randomUUID(),
    });
    const QueueUrl = connection.relay.deadLetterQueueUrls.events;
    const other = await stored({ source, orderId: '7-502' });
    const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl, ...(await of(older)) }));
    await sqs.send(new SendMessageCommand({ QueueUrl, ...(await of(other)) }));

    const { out } = await cli(['forget', '--order', '7-501', '--source', source]);

    expect(out.match(/dlq drop --message-id (\S+) --include-full-events/g)).toEqual([
      `dlq drop --message-id ${MessageId} --include-full-events`,
    ]);
  });

  it('leaves other orders as they are', async () => {
    const { source } = await anOrder();
    const other = await stored({ source, orderId: '7-5010' }, PERSONAL);

    await forget(source);

    expect(await payloadsOf([other])).toHaveLength(1);
  });

  it.each([
    [['--order', '7-999'], /^error: there is no order 7-999/],
    [[], /^error: --order is missing/],
    [['--order', '7-501', '--source', 'a b'], /^error: --source must be/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, err } = await relay().cli(['forget', ...args]);

    expect(exitCode).toBe(2);
    expect(err).toMatch(message);
  });
});
