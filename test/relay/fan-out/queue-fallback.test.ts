import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { storeQueuedEvent } from '../../../lib/relay/fan-out/queue-fallback.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import { orderKeyOf, sha256Hex, shardOf, UNVERIFIED } from '../../../lib/relay/model/ids.ts';
import { PayloadTooLargeError, RowRefusedError, StoreError } from '../../../lib/relay/ports/event-log.ts';
import { anEvent, aPayload } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const PAYLOAD = aPayload('{"Id":"1"}', 'application/json');
const TOKEN_SHA256 = sha256Hex('a token');

/** A relay, and an event that only the queue holds. */
function setUp(orderId?: string) {
  const { relay, eventLog, telemetry, configTable, clock } = aRelay();
  const event = anEvent({ orderKey: ORDER, receivedAt: clock.now(), ...(orderId && { orderId }) });
  const { orderKey: _, ...unverified } = event;
  const key = { orderKey: orderKeyOf(UNVERIFIED, orderId ?? event.eventId), eventId: event.eventId };
  return {
    relay,
    eventLog,
    telemetry,
    configTable,
    clock,
    event,
    message: { orderKey: ORDER, eventId: event.eventId, fullEvent: { event, payload: PAYLOAD } },
    unverified: {
      ...key,
      fullEvent: { event: { ...unverified, ...key, source: UNVERIFIED }, payload: PAYLOAD },
      tokenSha256: TOKEN_SHA256,
    },
    dueAt: async () =>
      (await eventLog.owed(`fan-out#${shardOf(event.eventId)}`, after(clock.now(), 1e9), 9))[0]?.dueAt,
  };
}

describe('an event that only the queue holds', () => {
  it('is stored with its payload, and overdue after two minutes', async () => {
    const { relay, eventLog, clock, event, message, dueAt } = setUp();

    await storeQueuedEvent(relay, message);

    expect(await eventLog.event(event)).toMatchObject(event);
    expect(await eventLog.payload(event)).toEqual(PAYLOAD);
    expect(await dueAt()).toEqual(after(clock.now(), 120_000));
  });

  it('is not stored when the message names only its key', async () => {
    const { relay, eventLog, event } = setUp();
    const put = vi.spyOn(eventLog, 'putEvent');

    await storeQueuedEvent(relay, { orderKey: ORDER, eventId: event.eventId });

    expect(put).not.toHaveBeenCalled();
  });
});

describe('fan-out of an event that only the queue holds', () => {
  it.each([
    ['no row can hold', new PayloadTooLargeError('500 KB'), 'PayloadTooLargeError'],
    ['the table refuses', new RowRefusedError('writing failed'), 'RowRefusedError'],
  ])('rejects one that %s with the reason, and goes on with its order', async (_, error, name) => {
    const { relay, eventLog, event, message, telemetry } = setUp();
    const next = anEvent({ orderKey: ORDER, receivedAt: event.receivedAt });
    await eventLog.putPayload(next, PAYLOAD);
    await eventLog.putEvent(next, next.receivedAt);
    vi.spyOn(eventLog, 'putPayload').mockRejectedValue(error);
    const reject = vi.fn();

    expect(await fanOut(relay, [message, { orderKey: ORDER, eventId: next.eventId }], reject)).toEqual([]);

    expect(reject.mock.calls).toEqual([[message, `event cannot be stored: ${name}`]]);
    expect(await eventLog.event(next)).toHaveProperty('fannedOutAt');
    expect(telemetry.counts.get('WorkFailures')).toBe(1);
  });

  it('rejects the only one of its order', async () => {
    const { relay, eventLog, message } = setUp();
    vi.spyOn(eventLog, 'putEvent').mockRejectedValue(new RowRefusedError('writing failed'));
    const reject = vi.fn();

    expect(await fanOut(relay, [message], reject)).toEqual([]);

    expect(reject).toHaveBeenCalledTimes(1);
  });

  it('returns one that cannot be stored now', async () => {
    const { relay, eventLog, message } = setUp();
    vi.spyOn(eventLog, 'putPayload').mockRejectedValue(new StoreError('throttled'));
    const reject = vi.fn();

    expect(await fanOut(relay, [message], reject)).toEqual([message]);

    expect(reject).not.toHaveBeenCalled();
  });
});

describe('an event whose source was not known at ingest', () => {
  it.each([
    ['of its order', '7', () => 'shop/7'],
    ['of its own when it has no order', undefined, (eventId: string) => `shop/${eventId}`],
  ])('is stored under its source, in the partition %s, and is due at once', async (_, orderId, orderKey) => {
    const { relay, eventLog, configTable, clock, unverified, dueAt } = setUp(orderId);
    configTable.put('source', 'shop', { tokenSha256: TOKEN_SHA256 });

    await storeQueuedEvent(relay, unverified);

    const key = { eventId: unverified.eventId, orderKey: orderKey(unverified.eventId) as typeof ORDER };
    expect(await eventLog.event(key)).toMatchObject({ ...key, source: 'shop' });
    expect(await eventLog.payload(key)).toEqual(PAYLOAD);
    expect(await dueAt()).toEqual(clock.now());
  });

  it('is stored when its source is newer than the cached sources', async () => {
    const { relay, eventLog, configTable, unverified } = setUp('7');
    await relay.config.sourceByToken(TOKEN_SHA256);
    configTable.put('source', 'shop', { tokenSha256: TOKEN_SHA256 });

    await storeQueuedEvent(relay, unverified);

    expect(await eventLog.newestEventId('shop/7' as typeof ORDER)).toBe(unverified.eventId);
  });

  it('is dropped, logged and counted when no source has its token', async () => {
    const { relay, eventLog, telemetry, unverified } = setUp('7');
    const put = vi.spyOn(eventLog, 'putPayload');

    await storeQueuedEvent(relay, unverified);

    expect(put).not.toHaveBeenCalled();
    expect(telemetry.counts.get('EventsDropped')).toBe(1);
    expect(telemetry.log).toMatchObject([{ level: 'warn', fields: { eventId: unverified.eventId } }]);
  });
});
