import { describe, expect, it } from 'vitest';
import { replay } from '../../../lib/relay/delivery/replay.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const SKIPPED = 'skipped: the webhook contains no order';

async function eventIdOf(answer: Promise<{ readonly kind: string; readonly eventId?: unknown }>) {
  const { eventId } = await answer;
  return String(eventId) as Awaited<ReturnType<ReturnType<typeof aRelay>['accepted']>>;
}

describe('a webhook that names an order and contains none', () => {
  it.each([
    ['', 'empty'],
    ['{“Id”: “1”}', 'not JSON'],
    ['[]', 'not an order'],
  ])('is kept, and its record says so: %j', async (body, noSnapshot) => {
    const relay = aRelay();

    const eventId = await eventIdOf(relay.webhook(body, 'orderid=1'));

    expect(await relay.event(eventId)).toMatchObject({ orderKey: ORDER, orderId: '1', noSnapshot });
    expect(await relay.eventLog.payload({ orderKey: ORDER, eventId })).toMatchObject({
      body: Buffer.from(body),
    });
  });

  it('goes to `none` and `strict`, and not to `latest`', async () => {
    const relay = aRelay();
    for (const ordering of ['latest', 'strict', 'none']) relay.endpoint(ordering, { ordering });
    const eventId = await eventIdOf(relay.webhook('', 'orderid=1'));

    await relay.work();

    expect(relay.sender.eventsTo('strict')).toEqual([eventId]);
    expect(relay.sender.eventsTo('none')).toEqual([eventId]);
    expect(relay.sender.eventsTo('latest')).toEqual([]);
    expect(await relay.outcomes(eventId)).toMatchObject({ latest: SKIPPED });
  });

  it('goes to every endpoint when it names no order: it is an order of its own', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await eventIdOf(relay.webhook('hello'));

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('supersedes no snapshot that is pending', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const snapshot = await relay.accepted();
    await relay.fanOut();
    const empty = await eventIdOf(relay.webhook('', 'orderid=1'));
    await relay.fanOut();
    relay.sender.answers.clear();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([snapshot, snapshot]);
    expect(await relay.outcomes(snapshot)).toMatchObject({ erp: expect.stringMatching(/^delivered/) });
    expect(await relay.outcomes(empty)).toEqual({ erp: SKIPPED });
  });

  it('is skipped by deliver when the ordering becomes `latest` while it is pending', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const snapshot = await relay.accepted();
    const empty = await eventIdOf(relay.webhook('', 'orderid=1'));
    await relay.fanOut();
    relay.endpoint('erp', { ordering: 'latest' });
    relay.sender.answers.clear();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([snapshot, empty, snapshot]);
    expect(await relay.outcomes(empty)).toEqual({ erp: SKIPPED });
    expect(await relay.outcomes(snapshot)).toMatchObject({ erp: expect.stringMatching(/^delivered/) });
  });

  it('is skipped when its endpoint, whose row was invalid, turns out to have the ordering `latest`', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'wrong' });
    const empty = await eventIdOf(relay.webhook('', 'orderid=1'));
    await relay.fanOut();
    relay.endpoint('erp');

    await relay.run(4);

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(await relay.outcomes(empty)).toEqual({ erp: SKIPPED });
  });

  it('is not sent to `latest` by a replay', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const empty = await eventIdOf(relay.webhook('', 'orderid=1'));
    await relay.fanOut();
    await replay(relay, await relay.event(empty), ERP);

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(await relay.outcomes(empty)).toMatchObject({ erp: expect.stringContaining(SKIPPED) });
  });

  it('is skipped after a failed run of fan-out, too', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const empty = await eventIdOf(relay.webhook('', 'orderid=1'));
    relay.returned.events.push(...relay.eventQueue.take());

    await relay.work();

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(await relay.outcomes(empty)).toEqual({ erp: SKIPPED });
  });

  it('comes between two equal snapshots, and the second is still unchanged', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    const first = await relay.accepted();
    await relay.webhook('', 'orderid=1');
    const second = await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([first]);
    expect(await relay.outcomes(second)).toEqual({ erp: 'skipped: nothing has changed' });
  });
});
