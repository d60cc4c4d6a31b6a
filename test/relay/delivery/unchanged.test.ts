import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { isSameOrder, previousIfUnchanged } from '../../../lib/relay/delivery/unchanged.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { nextEventId } from '../../../lib/relay/model/ids.ts';
import { StoreError, UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { anOrderKey, eventsOf } from '../../ports/builders.ts';
import { aRelay, UNAVAILABLE } from '../a-relay.ts';

const anOrder = (status: string, parts: object = {}) => ({
  Id: '1',
  Items: [
    { Sku: 'MUG', Status: status },
    { Sku: 'POSTER', Status: 'New' },
  ],
  ...parts,
});
const aPayload = (value: unknown) => ({
  contentType: 'application/json',
  body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

describe('the same order, compressed in another way', () => {
  const order = Buffer.from(JSON.stringify(anOrder('New')));
  const gzipped = { contentType: 'application/json', contentEncoding: 'gzip', body: gzipSync(order) };

  it('is unchanged', () => {
    expect(isSameOrder(gzipped, aPayload(anOrder('New')))).toBe(true);
    expect(isSameOrder(gzipped, aPayload(anOrder('Shipped')))).toBe(false);
  });

  it('is not known to be unchanged from the same bytes with another encoding', () => {
    expect(isSameOrder(gzipped, { contentType: 'application/json', body: gzipped.body })).toBe(false);
  });
});

describe('an endpoint that skips what is unchanged', () => {
  it('gets the first of several that say the same, and every one that says something else', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    const first = await relay.accepted(anOrder('New'));
    const second = await relay.accepted(anOrder('New'));
    const third = await relay.accepted(anOrder('Shipped'));

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([first, third]);
    expect(await relay.outcomes(second)).toEqual({ erp: 'skipped: nothing has changed' });
    expect(await relay.rows()).toEqual([]);
  });

  it('gets what differs in anything but the items, too', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    await relay.accepted(anOrder('New'));
    const moved = await relay.accepted(anOrder('New', { ShippingAddress: { City: 'Oslo' } }));

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toContain(moved);
  });

  it('is not spared what it has not had: the event before is still being tried', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const first = await relay.accepted(anOrder('New'));
    const second = await relay.accepted(anOrder('New'));

    await relay.fanOut();

    expect(await relay.outcomes(first)).toMatchObject({
      erp: expect.stringMatching(/^superseded/),
    });
    expect(await relay.outcomes(second)).toMatchObject({ erp: expect.stringMatching(/^pending/) });
  });

  it('goes on skipping after one that was skipped', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    for (let count = 0; count < 4; count++) await relay.accepted(anOrder('New'));

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toHaveLength(1);
  });

  it('does not get an older event that is late: a skipped one counts as received', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    const first = await relay.accepted(anOrder('New'));
    relay.clock.advance(1);
    const late = nextEventId(relay.clock, () => 0.5, undefined);
    await relay.accepted(anOrder('New'));
    await relay.fanOut();

    const { orderKey, source, receivedAt } = await relay.event(first);
    const event = { orderKey, eventId: late, source, receivedAt };
    await relay.eventLog.putPayload(event, aPayload(anOrder('Hold')));
    await relay.eventLog.putEvent(event, relay.clock.now());
    await relay.eventQueue.send(event);
    await relay.work();

    expect(relay.sender.eventsTo('erp')).toEqual([first]);
    expect(await relay.outcomes(late)).toEqual({ erp: 'superseded: a newer event took its place' });
  });

  it('leaves the others alone, and reads nothing for them', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    relay.endpoint('shop');
    await relay.accepted(anOrder('New'));
    await relay.accepted(anOrder('New'));

    await relay.fanOut();

    expect(relay.sender.eventsTo('shop')).toHaveLength(2);
    expect(relay.sender.eventsTo('erp')).toHaveLength(1);
  });

  it('gets what cannot be compared, because the payload before is gone', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    await relay.accepted(anOrder('New'));
    await relay.fanOut();
    const second = await relay.accepted(anOrder('New'));
    relay.eventLog.payload = async ({ eventId }) =>
      eventId === second ? aPayload(anOrder('New')) : undefined;

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toContain(second);
  });
});

describe('isSameOrder', () => {
  it.each([
    ['9007199254740992', '9007199254740993'],
    ['1e400', '1e401'],
    ['7', '"7"'],
    ['9007199254740993', '"9007199254740993"'],
  ])('tells %s from %s', (one, other) => {
    const order = (value: string) => aPayload(`{"Id":"1","Items":[{"TrackingNumber":${value}}]}`);

    expect(isSameOrder(order(one), order(other))).toBe(false);
    expect(isSameOrder(order(one), order(`${other} `))).toBe(false);
    expect(isSameOrder(order(one), order(`${one} `))).toBe(true);
  });

  it('is true however items and members are shuffled, and whatever the white space', () => {
    const items = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 });
    const shuffled = items.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, fc.nat(4), ([one, other], indent) => {
        const a = aPayload({ Id: '1', Items: one });
        const b = aPayload(JSON.stringify({ Items: other, Id: '1' }, null, indent));
        expect(isSameOrder(a, b)).toBe(true);
      }),
    );
  });

  it('is false for two orders of which one item differs in one value', () => {
    const statuses = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 3 }), statuses, (others, [one, other]) => {
        const withStatus = (Status: unknown) => aPayload({ Items: [...others, { Sku: 'MUG', Status }] });

        expect(isSameOrder(withStatus(one), withStatus(other))).toBe(false);
      }),
    );
  });

  it('is false for what is no JSON and not the same, and for another content type', () => {
    expect(isSameOrder(aPayload('a=1'), aPayload('a=2'))).toBe(false);
    expect(isSameOrder(aPayload('{}'), { body: Buffer.from('{}') })).toBe(false);
    expect(isSameOrder(aPayload('a=1'), aPayload('a=1'))).toBe(true);
  });

  it.each([
    ['a number', '1', '1.0'],
    ['null', 'null', ' null'],
    ['text', '"a"', ' "a"'],
  ])('compares only the bytes when the JSON is %s', (_, one, other) => {
    expect(isSameOrder(aPayload(one), aPayload(other))).toBe(false);
  });

  it('is false when only one of the bodies is JSON', () => {
    expect(isSameOrder(aPayload('{}'), aPayload('a=1'))).toBe(false);
    expect(isSameOrder(aPayload('a=1'), aPayload('{}'))).toBe(false);
  });

  it('is false for different bytes that are not UTF-8', () => {
    const withByte = (byte: number) => ({
      contentType: 'application/json',
      body: Buffer.concat([Buffer.from('{"Id":"'), Buffer.from([byte]), Buffer.from('"}')]),
    });

    expect(isSameOrder(withByte(0xfe), withByte(0xff))).toBe(false);
  });

  it.each([
    ['no items', '{"Id":"1"}', '{ "Id": "1" }'],
    ['items that are not a list', '{"Items":"b a"}', '{ "Items": "b a" }'],
    ['a null item', '{"Items":[null,{}]}', '{"Items":[{},null]}'],
    ['a list and an object with the same parts', '{"Items":[[1],{"0":1}]}', '{"Items":[{"0":1},[1]]}'],
    [
      'the members of an item in another order',
      '{"Items":[{"a":1,"z":0},{"b":1}]}',
      '{"Items":[{"b":1},{"z":0,"a":1}]}',
    ],
    [
      'the members of a part of an item in another order',
      '{"Items":[{"p":{"a":1,"z":0}},{"p":{"b":1}}]}',
      '{"Items":[{"p":{"b":1}},{"p":{"z":0,"a":1}}]}',
    ],
  ])('is true for the same order with %s', (_, one, other) => {
    expect(isSameOrder(aPayload(one), aPayload(other))).toBe(true);
  });

  it('is false when a list within an item has another order', () => {
    expect(isSameOrder(aPayload({ Items: [[1, 2]] }), aPayload({ Items: [[2, 1]] }))).toBe(false);
  });
});

describe('previousIfUnchanged', () => {
  /** Two events of one order, and the payload of the second. */
  async function twoEvents() {
    const { eventLog, telemetry } = aRelay();
    const [before, event] = eventsOf(anOrderKey(), 2) as [EventRecord, EventRecord];
    await eventLog.putEvent(before, before.receivedAt);
    await eventLog.putPayload(before, aPayload(anOrder('New')));
    return { eventLog, telemetry, before, event, payload: aPayload(anOrder('New')) };
  }

  it('returns the previous event when its order is the same', async () => {
    const { eventLog, telemetry, before, payload } = await twoEvents();

    expect(await previousIfUnchanged({ eventLog, telemetry }, payload, before)).toMatchObject(before);
  });

  it('returns nothing when the order differs, or the previous payload is gone', async () => {
    const { eventLog, telemetry, before, event } = await twoEvents();

    expect(
      await previousIfUnchanged({ eventLog, telemetry }, aPayload(anOrder('Hold')), before),
    ).toBeUndefined();
    expect(
      await previousIfUnchanged({ eventLog, telemetry }, aPayload(anOrder('New')), event),
    ).toBeUndefined();
  });

  it('returns nothing when the previous payload cannot be parsed', async () => {
    const { eventLog, telemetry, before, payload } = await twoEvents();
    vi.spyOn(eventLog, 'payload').mockRejectedValue(new UnreadableRowError('no body'));

    expect(await previousIfUnchanged({ eventLog, telemetry }, payload, before)).toBeUndefined();
  });

  it('rejects when the table refuses the read', async () => {
    const { eventLog, telemetry, before, payload } = await twoEvents();
    vi.spyOn(eventLog, 'payload').mockRejectedValue(new StoreError('throttled'));

    await expect(previousIfUnchanged({ eventLog, telemetry }, payload, before)).rejects.toThrow('throttled');
  });
});
