import { describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../lib/relay/clock.ts';
import { endpointIdSchema } from '../../lib/relay/endpoint.ts';
import { fanOut } from '../../lib/relay/fan-out.ts';
import { nextEventId } from '../../lib/relay/ids.ts';
import { StoreError } from '../../lib/relay/ports.ts';
import { aRelay, ORDER, SOURCE, UNAVAILABLE } from './a-relay.ts';

describe('fan-out', () => {
  it('sends every endpoint the bytes and the content type that came in, with the order id', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('shop', { url: 'https://shop/in?key=1' });
    const eventId = await relay.accepted({ Id: '1' });

    await relay.fanOut();

    expect(relay.sender.requests).toMatchObject([
      { url: 'https://erp/hook?orderid=1', body: Buffer.from('{"Id":"1"}'), timeoutMs: 5_000 },
      { url: 'https://shop/in?key=1&orderid=1', body: Buffer.from('{"Id":"1"}') },
    ]);
    expect(relay.sender.requests[0]?.headers).toEqual({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^sensaria-relay\/\d+\.\d+\.\d+$/),
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(relay.clock.now().getTime() / 1000)),
    });
  });

  it('writes the outcome of each endpoint and what changed, leaves no rows, and owes nothing', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted({ Id: '1', Items: [{ Sku: 'MUG', Status: 'New' }] });
    const second = await relay.accepted({ Id: '1', Items: [{ Sku: 'MUG', Status: 'Shipped' }] });

    await relay.fanOut();

    expect(await relay.event(second)).toMatchObject({
      outcomes: { erp: 'delivered 200 in 0 ms' },
      changes: [{ change: 'changed', sku: 'MUG', statusFrom: 'New', statusTo: 'Shipped' }],
      fannedOutAt: relay.clock.now(),
    });
    expect(await relay.rows()).toEqual([]);
    expect(await owedToFanOut(relay)).toEqual([]);
  });

  it('turns a failed first attempt into a pending delivery that is due in five seconds, and wakes deliver', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();

    await relay.fanOut();

    const now = relay.clock.now();
    expect(await relay.rows()).toMatchObject([
      {
        eventId,
        endpointId: 'erp',
        state: 'pending',
        attemptCount: 1,
        attempts: [{ status: 503, answer: 'busy', at: now }],
        nextAttemptAt: new Date(now.getTime() + 5_250),
        owedTo: 'erp',
      },
    ]);
    expect(await relay.event(eventId)).toMatchObject({ outcomes: { erp: 'pending: 503 in 0 ms' } });
    expect(relay.deliveryQueue.take()).toEqual([]);
    relay.clock.advance(6_000);
    expect(relay.deliveryQueue.take()).toMatchObject([{ eventId, endpointId: 'erp', delaySeconds: 6 }]);
  });

  it('gives a delivery up at once when its endpoint allows one attempt', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 1 });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ state: 'dead' }]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'dead: 503 in 0 ms' });
  });

  it('works off the events of an order in the order of their ids, oldest first', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const ids = [await relay.accepted(), await relay.accepted(), await relay.accepted()];
    const [, , third] = relay.eventQueue.take();
    if (third === undefined) throw new Error('no message');

    await fanOut(relay.relay, [third], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual(ids);
  });

  it('sends nothing again when it is woken again, nor when a batch names an order several times', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    await relay.accepted();
    const messages = relay.eventQueue.take();

    await fanOut(relay.relay, [...messages, ...messages], relay.deadline());
    await fanOut(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toHaveLength(2);
  });

  it('lets a row that an earlier run left behind decide, and sends nothing for it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();
    const messages = relay.eventQueue.take();
    vi.spyOn(relay.eventLog, 'finishFanOut').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await fanOut(relay.relay, messages, relay.deadline())).toEqual(messages);
    expect(await fanOut(relay.relay, messages, relay.deadline())).toEqual([]);

    expect(relay.sender.requests).toHaveLength(1);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending: 503 in 0 ms' });
  });

  it('goes on with other orders when one fails', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted({ Id: 'bad' });
    await relay.accepted({ Id: 'good' });
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.orderKey === 'main/bad' ? Promise.reject(new StoreError('throttled')) : payload(key),
    );

    expect(await relay.fanOut()).toMatchObject([{ orderKey: 'main/bad' }]);
    expect(relay.sender.requests).toHaveLength(1);
  });

  it('starts nothing that its deadline would cut off, and returns the message', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    const messages = relay.eventQueue.take();

    expect(await fanOut(relay.relay, messages, new Deadline(relay.clock, 10_000))).toEqual(messages);
    expect(relay.sender.requests).toEqual([]);
  });

  it('stores an event that the table had refused, and then fans it out', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    vi.spyOn(relay.eventLog, 'putPayload').mockRejectedValueOnce(new StoreError('throttled'));
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('points from the id that people know to the order, with the order’s first event', async () => {
    const relay = aRelay();
    await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });

    await relay.fanOut();

    expect([...relay.eventLog.aliases]).toEqual([['main/nice:Magic7-501', 'main/1']]);
  });

  it('parks what is meant for an endpoint whose row is wrong, and goes on with the others', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 'ten' });
    relay.endpoint('shop');
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([
      { endpointId: 'erp', state: 'pending', reason: 'invalid config' },
    ]);
    expect((await relay.event(eventId)).outcomes).toEqual({
      erp: 'pending: invalid config',
      shop: 'delivered 200 in 0 ms',
    });
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'config row is invalid',
        fields: { kind: 'endpoint', id: 'erp', reason: expect.stringContaining('timeoutSeconds') },
      }),
    );
    expect(relay.telemetry.counts.get('ConfigRowsInvalid')).toBe(1);
  });

  it('parks what is meant for a paused endpoint and leaves out one that is off', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    relay.endpoint('shop', { state: 'off' });
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending: endpoint is paused' });
    expect(relay.sender.requests).toEqual([]);
  });

  it('sends an endpoint only what comes from the sources it hears', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { sources: ['other'] });
    relay.endpoint('shop', { sources: ['main', 'other'] });
    await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(relay.sender.eventsTo('shop')).toHaveLength(1);
  });

  it('ends an event whose payload has expired, and leaves that to a person', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('shop', { sources: ['other'] });
    relay.endpoint('spoilt', { url: 17 });
    const eventId = await relay.accepted();
    relay.eventLog.erasePayload({ orderKey: ORDER, eventId });

    await relay.fanOut();

    const gone = 'dead: payload is gone: it expired or was erased';
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: gone, spoilt: gone });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(await relay.owed('attention#spoilt')).toMatchObject([{ eventId }]);
    expect(await owedToFanOut(relay)).toEqual([]);
    expect(relay.sender.requests).toEqual([]);
  });

  it.each([
    ['before it was read', 'erased'],
    ['and its payload is yet to be erased', 'marked'],
  ])('ends an event whose order was forgotten %s, with nothing sent and nothing owed', async (_, stage) => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    relay.eventLog.noteForgotten({ orderKey: ORDER, eventId });
    if (stage === 'erased') relay.eventLog.erasePayload({ orderKey: ORDER, eventId });

    await relay.fanOut();

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'cancelled: payload was erased' });
    expect(relay.eventLog.allOwed()).toEqual([]);
    expect(relay.sender.requests).toEqual([]);
  });

  it('ends an event in the same way whose order is forgotten while fan-out reads it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    vi.spyOn(relay.eventLog, 'payload').mockImplementationOnce(async (key) => {
      relay.eventLog.noteForgotten(key);
      relay.eventLog.erasePayload(key);
      return undefined;
    });

    await relay.fanOut();

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'cancelled: payload was erased' });
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('makes the same calls for one healthy endpoint as for fifty', async () => {
    const callsFor = async (endpoints: number) => {
      const relay = aRelay();
      for (let n = 0; n < endpoints; n++) relay.endpoint(`e${n}`);
      await relay.accepted();
      const calls: string[] = [];
      for (const name of [
        'payload',
        'deliveries',
        'finishFanOut',
        'putDeliveryIfAbsent',
        'updateDelivery',
        'putAlias',
      ] as const) {
        vi.spyOn(relay.eventLog, name).mockName(name);
      }
      await relay.fanOut();
      for (const name of [
        'payload',
        'deliveries',
        'finishFanOut',
        'putDeliveryIfAbsent',
        'updateDelivery',
        'putAlias',
      ] as const) {
        calls.push(`${name}: ${vi.mocked(relay.eventLog[name]).mock.calls.length}`);
      }
      expect(relay.sender.requests).toHaveLength(endpoints);
      return calls;
    };

    expect(await callsFor(50)).toEqual(await callsFor(1));
  });
});

describe('a fan-out that is begun again', () => {
  it('takes every endpoint for one that may have had the event: nothing older is sent after it', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 1 });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await relay.accepted();
    const again = relay.eventQueue.take().map((message) => ({ ...message, receivedBefore: true }));

    await fanOut(relay.relay, again, relay.deadline());

    expect(await relay.rows()).toMatchObject([{ state: 'dead', mayHaveArrivedAt: expect.any(Date) }]);
  });

  it('sends none but the newest to an endpoint ordered `latest`, which may have had that one', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('log', { ordering: 'strict' });
    const ids = [await relay.accepted(), await relay.accepted(), await relay.accepted()];
    const again = relay.eventQueue.take().map((message) => ({ ...message, receivedBefore: true }));

    await fanOut(relay.relay, again, relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(-1));
    expect(relay.sender.eventsTo('log')).toEqual(ids);
  });

  it('is known by its row as well as by its message: sweep’s says nothing of it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('shop', { maxAttempts: 1, ordering: 'none' });
    relay.sender.answers.set('shop', UNAVAILABLE);
    await relay.accepted();
    const tried = await relay.accepted();
    await relay.eventLog.noteFanOutTry(await relay.event(tried), { fanOutTries: 1 });

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([tried]);
    const toShop = (await relay.rows()).filter(({ endpointId }) => endpointId === 'shop');
    expect(toShop).toMatchObject([{ state: 'dead' }, { eventId: tried, mayHaveArrivedAt: expect.any(Date) }]);
    expect(toShop[0]).not.toHaveProperty('mayHaveArrivedAt');
  });
});

describe('fan-out for an endpoint ordered `latest`', () => {
  it('supersedes an older delivery that still fails when a newer event comes', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');

    const newer = await relay.accepted();
    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ eventId: older, state: 'superseded' }]);
    expect((await relay.event(older)).outcomes).toEqual({ erp: 'superseded: a newer event took its place' });
    expect((await relay.event(newer)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('parks the newer event while an attempt of the older one is under way', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    const erp = endpointIdSchema.parse('erp');
    await relay.eventLog.updateDelivery(
      { orderKey: ORDER, eventId: older, endpointId: erp },
      { state: 'pending', leaseId: undefined },
      { leaseId: 'held', leaseUntil: new Date(relay.clock.now().getTime() + 20_000) },
    );

    const newer = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await relay.rows()).toMatchObject([
      { eventId: older, state: 'pending' },
      { eventId: newer, state: 'pending', reason: 'behind an earlier delivery' },
    ]);
  });

  it('does not send an event that is late: a newer one has been delivered', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('log', { ordering: 'none' });
    const lateId = nextEventId(relay.clock, Math.random, undefined);
    relay.clock.advance(10);
    await relay.accepted();
    await relay.fanOut();
    const late = {
      orderKey: ORDER,
      eventId: lateId,
      source: SOURCE,
      orderId: '1',
      receivedAt: relay.clock.now(),
    };
    await relay.eventLog.putPayload(late, { body: Buffer.from('{}') });
    await relay.eventLog.putEvent(late, relay.clock.now());

    await fanOut(relay.relay, [late], relay.deadline());

    expect(relay.sender.eventsTo('erp')).not.toContain(lateId);
    expect(relay.sender.eventsTo('log')).toContain(lateId);
    expect((await relay.event(lateId)).outcomes?.[endpointIdSchema.parse('erp')]).toMatch(/^superseded/);
  });
});

describe('fan-out for an endpoint ordered `strict`', () => {
  it('parks an event behind an older one that is not settled', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    const newer = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect((await relay.event(newer)).outcomes).toEqual({ erp: 'pending: behind an earlier delivery' });
  });
});

async function owedToFanOut(relay: ReturnType<typeof aRelay>) {
  return (await Promise.all([0, 1, 2, 3].map((shard) => relay.owed(`fan-out#${shard}`)))).flat();
}
