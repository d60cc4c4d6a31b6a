import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { nextEventId } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, ORDER } from '../a-relay.ts';
import { takesMs } from '../health/takes-ms.ts';

describe('an endpoint that skips unchanged events', () => {
  const order = { Id: '1', Items: [{ Sku: 'MUG', Status: 'New' }] };

  /** Two identical webhooks, sent to `erp` and `shop`; and how often a payload was read. */
  async function sameTwice(erp: object, shop: object, second: object = order) {
    const relay = aRelay();
    relay.endpoint('erp', { ...erp });
    relay.endpoint('shop', { ...shop });
    await relay.accepted(order);
    await relay.fanOut();
    const reads = vi.spyOn(relay.eventLog, 'payload');
    const eventId = await relay.accepted(second);
    await relay.fanOut();
    return { outcomes: await relay.outcomes(eventId), reads: reads.mock.calls.length };
  }

  it('receives no event with the same order as the previous one; others do', async () => {
    expect(await sameTwice({ skipUnchanged: true }, {})).toEqual({
      outcomes: { erp: 'skipped: nothing has changed', shop: 'delivered 200 in 0 ms' },
      reads: 2,
    });
  });

  it('costs no second read when no endpoint skips, or items have changed', async () => {
    const changed = { ...order, Items: [{ Sku: 'MUG', Status: 'Shipped' }] };

    expect(await sameTwice({}, {})).toMatchObject({ reads: 1 });
    expect(await sameTwice({ skipUnchanged: true }, {}, changed)).toMatchObject({ reads: 1 });
  });

  it('receives the first event of an order', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    const eventId = await relay.accepted({ Id: '1', Items: [] });

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });
});

describe('an endpoint that fan-out does not attempt', () => {
  it('has a cancelled outcome and no row when it is disabled', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.health('erp', { state: 'disabled', reason: 'it answered 410: gone for good' });
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint is disabled' });
    expect(await relay.rows()).toEqual([]);
  });

  it('has a skipped outcome and no row when its filter refuses the event', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { filter: 'an event' });
    relay.expressions.means('an event', () => false);
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'skipped: refused by the filter' });
    expect(await relay.rows()).toEqual([]);
    expect(relay.expressions.evaluated[0]?.input).not.toHaveProperty('event.late');
  });

  it('has a parked delivery when it is paused, also behind an older one', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused', ordering: 'strict' });
    await relay.accepted();
    await relay.accepted();

    await relay.fanOut();

    const parked = { state: 'pending', reason: 'endpoint-paused' };
    expect(await relay.rows()).toMatchObject([parked, parked]);
  });

  it('has a delivery that waits when it debounces', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 60 });
    await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ reason: 'debounce' }]);
    expect(relay.sender.requests).toEqual([]);
    expect(relay.telemetry.counts.get('DeliveriesDead')).toBeUndefined();
  });

  it('has received nothing when the relay fails before the request', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { filter: 'an event' });
    vi.spyOn(relay.expressions, 'evaluate').mockRejectedValue(new TypeError('of nothing'));
    await relay.accepted();

    await relay.fanOut();

    const [row] = await relay.rows();
    expect(row).toMatchObject({ state: 'pending', attemptCount: 1, filterPending: true });
    expect(row).not.toHaveProperty('possiblyDeliveredAt');
  });

  it('may have received the event when the relay fails during the request', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    vi.spyOn(relay.sender, 'post').mockRejectedValue(new TypeError('of nothing'));
    const eventId = await relay.accepted();

    expect(await relay.fanOut()).toEqual([]);

    const { receivedAt } = await relay.event(eventId);
    expect(await relay.rows()).toMatchObject([
      { state: 'pending', attempts: [{ internalError: true }], possiblyDeliveredAt: receivedAt },
    ]);
  });

  it('has no row when the table fails during the request: fan-out starts again', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    vi.spyOn(relay.sender, 'post').mockRejectedValue(new StoreError('throttled'));
    const eventId = await relay.accepted();

    expect(await relay.fanOut()).toMatchObject([{ eventId }]);

    expect(await relay.rows()).toEqual([]);
  });

  it('is attempted again by deliver after an answer that took five seconds', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    takesMs(relay, 'erp', 5_000, { kind: 'failure', error: 'timeout after 5 s' });
    await relay.accepted();

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ reason: 'slow-answer', attemptCount: 0 }]);
  });
});

describe('an event that fan-out reads after a newer one', () => {
  it('is late for its filter when its endpoint is ordered `strict`, and leaves the newer one alone', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict', filter: 'an event' });
    relay.endpoint('shop', { state: 'paused' });
    relay.expressions.means('an event', () => true);
    const late = nextEventId(relay.clock, () => 0.5, undefined);
    const newer = await relay.accepted();
    await relay.fanOut();
    const event = { ...(await relay.event(newer)), eventId: late };
    await relay.eventLog.putPayload(event, { body: Buffer.from('{}') });
    await relay.eventLog.putEvent(event, relay.clock.now());

    await fanOut(relay.relay, [{ orderKey: ORDER, eventId: late }]);

    const [first, second] = relay.expressions.evaluated.map(({ input }) => input);
    expect(first).not.toHaveProperty('event.late');
    expect(second).toHaveProperty('event.late', true);
    expect(await relay.rows()).toMatchObject([
      { eventId: late, endpointId: 'erp' },
      { eventId: late, endpointId: 'shop' },
      { eventId: newer, endpointId: 'shop', state: 'pending' },
    ]);
  });
});

describe('the config that fan-out uses', () => {
  it('is cached for webhooks', async () => {
    const relay = aRelay();
    const rows = vi.spyOn(relay.configTable, 'rows');
    await relay.accepted({ Id: '1' });
    await relay.fanOut();
    const reads = rows.mock.calls.length;
    relay.clock.advance(2_000);
    await relay.accepted({ Id: '2' });

    await relay.fanOut();

    expect(rows).toHaveBeenCalledTimes(reads);
  });
});

describe('a batch with a new message and a repeated one of the same order', () => {
  it('is a repeated fan-out', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    await relay.accepted();
    const [one, two] = relay.eventQueue.take();
    if (one === undefined || two === undefined) throw new Error('there should be two messages');

    await fanOut(relay.relay, [one, { ...two, receivedBefore: true }]);

    expect(relay.sender.requests).toEqual([]);
  });
});
