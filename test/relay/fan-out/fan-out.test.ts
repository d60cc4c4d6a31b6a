import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { aliasKeyOf } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { sendTestEvent } from '../../../lib/relay/test-event.ts';
import { MemoryEventReader } from '../../memory/event-reader.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER, SOURCE, UNAVAILABLE } from '../a-relay.ts';

type Relay = ReturnType<typeof aRelay>;

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
      outcomes: { erp: { state: 'delivered', status: 200, durationMs: 0 } },
      changes: [{ change: 'changed', sku: 'MUG', statusFrom: 'New', statusTo: 'Shipped' }],
      fannedOutAt: relay.clock.now(),
    });
    expect(await relay.rows()).toEqual([]);
    expect(await owedToFanOut(relay)).toEqual([]);
  });

  it('writes a row for a failed first attempt, and a message for its retry in five seconds', async () => {
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
    expect(await relay.event(eventId)).toMatchObject({
      outcomes: { erp: { state: 'pending', status: 503, durationMs: 0 } },
    });
    expect(relay.deliveryQueue.take()).toEqual([]);
    relay.clock.advance(6_000);
    expect(relay.deliveryQueue.take()).toMatchObject([{ eventId, endpointId: 'erp', delaySeconds: 6 }]);
  });

  it('ends a delivery as dead when its endpoint allows one attempt', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 1 });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ state: 'dead' }]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'dead: 503 in 0 ms' });
  });

  it('sends the events of an order oldest first', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const ids = [await relay.accepted(), await relay.accepted(), await relay.accepted()];
    const [, , third] = relay.eventQueue.take();
    if (third === undefined) throw new Error('no message');

    await fanOut(relay.relay, [third]);

    expect(relay.sender.eventsTo('erp')).toEqual(ids);
  });

  it('sends nothing twice, however often messages name the order', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    await relay.accepted();
    const messages = relay.eventQueue.take();

    await fanOut(relay.relay, [...messages, ...messages]);
    await fanOut(relay.relay, messages);

    expect(relay.sender.requests).toHaveLength(2);
  });

  it('sends nothing for a row that an earlier run wrote', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();
    const messages = relay.eventQueue.take();
    vi.spyOn(relay.eventLog, 'finishFanOut').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await fanOut(relay.relay, messages)).toEqual(messages);
    expect(await fanOut(relay.relay, messages)).toEqual([]);

    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending: 503 in 0 ms' });
  });

  it('continues with the other orders when one fails', async () => {
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

  it('stores an event that the table had refused, and sends it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    vi.spyOn(relay.eventLog, 'putPayload').mockRejectedValueOnce(new StoreError('throttled'));
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('writes a look-up row for the nice id with the order’s first event', async () => {
    const relay = aRelay();
    await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });

    await relay.fanOut();

    expect(await aliases(relay, 'Magic7-501')).toMatchObject([
      { orderKey: 'main/1', id: 'Magic7-501', seenAt: relay.clock.now() },
    ]);
  });

  it('keeps every order that has had a nice id', async () => {
    const relay = aRelay();
    for (const Id of ['1', '2', '3']) await relay.accepted({ Id, NiceId: 'Magic7-501' });

    await relay.fanOut();

    const orders = (await aliases(relay, 'magic7-501')).map(({ orderKey }) => orderKey);
    expect(orders.sort()).toEqual(['main/1', 'main/2', 'main/3']);
  });

  it('writes one look-up row for an order, however many webhooks come together or after each other', async () => {
    const relay = aRelay();
    const putAlias = vi.spyOn(relay.eventLog, 'putAlias');
    for (const minutes of [0, 0, 1, 5, 60]) {
      await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });
      await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });
      await relay.fanOut();
      relay.minutes(minutes);
    }

    expect(putAlias).toHaveBeenCalledTimes(1);
  });

  it('writes a look-up row for a nice id that first comes with a later webhook, and for a second one', async () => {
    const relay = aRelay();
    for (const NiceId of [undefined, 'Magic7-501', 'Magic7-501', 'Other7-501']) {
      await relay.accepted({ Id: '1', NiceId });
      await relay.fanOut();
      relay.minutes(5);
    }

    expect(await aliases(relay, 'Magic7-501')).toMatchObject([{ orderKey: 'main/1' }]);
    expect(await aliases(relay, 'Other7-501')).toMatchObject([{ orderKey: 'main/1' }]);
  });

  it('writes a look-up row for an order id in mixed case, and none for a test', async () => {
    const relay = aRelay();
    for (const Id of ['Abc-1', 'abc-2', 'ABC-3']) await relay.accepted({ Id });
    await sendTestEvent(relay, anEndpointId('erp'));

    await relay.fanOut();

    expect([...relay.eventLog.aliases.keys()]).toEqual(['main/nice:abc-1']);
  });

  it('writes the look-up row of an event whose order continues without a quarantined one', async () => {
    const relay = aRelay();
    const first = await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });
    const event = await relay.event(first);
    await relay.eventLog.recordFanOutAttempt(event, {
      fanOutAttempts: 6,
      quarantinedUntil: new Date(relay.clock.now().getTime() + 600_000),
    });
    await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });

    await relay.fanOut();

    expect(await aliases(relay, 'Magic7-501')).toMatchObject([{ orderKey: 'main/1' }]);
  });

  it('parks the delivery of an endpoint whose row is invalid, and sends to the others', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 'ten' });
    relay.endpoint('shop');
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([
      { endpointId: 'erp', state: 'pending', reason: 'invalid-config' },
    ]);
    expect(await relay.outcomes(eventId)).toEqual({
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

  it('parks the delivery of a paused endpoint, and cancels that of a disabled one without a row', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    relay.endpoint('shop', { state: 'disabled' });
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toEqual({
      erp: 'pending: endpoint is paused',
      shop: 'cancelled: endpoint is disabled',
    });
    expect((await relay.rows()).map(({ endpointId }) => endpointId)).toEqual(['erp']);
    expect(relay.sender.requests).toEqual([]);
  });

  it.each([
    ['an operator', (relay: Relay) => relay.endpoint('erp', { state: 'disabled' })],
    [
      'the relay',
      (relay: Relay) => {
        relay.endpoint('erp');
        relay.health('erp', { state: 'disabled' });
      },
    ],
  ])('lists an event that it cancelled because %s disabled the endpoint', async (_, disable) => {
    const relay = aRelay();
    relay.endpoint('shop');
    await relay.accepted();
    await relay.fanOut();
    disable(relay);
    relay.minutes(1);
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(relay.eventLog.cancelledEvents()).toEqual([{ orderKey: ORDER, eventId, cancelledFor: ['erp'] }]);
  });

  it('makes the same calls when an endpoint is disabled', async () => {
    const callsWith = async (attributes: object) => {
      const relay = aRelay();
      relay.endpoint('shop');
      relay.endpoint('erp', { ...attributes });
      await relay.accepted();
      const updates = vi.spyOn(relay.eventLog, 'finishFanOut');
      const writes = vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent');
      await relay.fanOut();
      return [updates.mock.calls.length, writes.mock.calls.length];
    };

    expect(await callsWith({ state: 'disabled' })).toEqual([1, 0]);
    expect(await callsWith({})).toEqual([1, 0]);
  });

  it('sends an endpoint only the events of the sources that it hears', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { sources: ['other'] });
    relay.endpoint('shop', { sources: ['main', 'other'] });
    await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(relay.sender.eventsTo('shop')).toHaveLength(1);
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

function aliases({ eventLog }: ReturnType<typeof aRelay>, niceId: string) {
  return new MemoryEventReader(eventLog).aliasesOf(aliasKeyOf(SOURCE, niceId));
}

async function owedToFanOut(relay: ReturnType<typeof aRelay>) {
  return (await Promise.all([0, 1, 2, 3].map((shard) => relay.owed(`fan-out#${shard}`)))).flat();
}
