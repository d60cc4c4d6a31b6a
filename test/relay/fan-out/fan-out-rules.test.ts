import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { StoreError, UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { storeNotice } from '../../../lib/relay/sweep/store-notice.ts';
import { sendTestEvent } from '../../../lib/relay/test-event.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER, REFUSED, UNAVAILABLE } from '../a-relay.ts';
import { takesMs } from '../health/takes-ms.ts';

const ERP = anEndpointId('erp');
const NOTICE = { type: 'hub.silent', message: 'No webhook has come.' } as const;

describe('fan-out counts', () => {
  it('every event that it fanned out', async () => {
    const relay = aRelay();
    await relay.accepted({ Id: '1' });
    await relay.accepted({ Id: '2' });

    await relay.fanOut();

    expect(relay.telemetry.counts.get('EventsFannedOut')).toBe(2);
    expect(relay.telemetry.counts.get('FanOutFailures')).toBeUndefined();
  });

  it('every order that failed, and logs its events', async () => {
    const relay = aRelay();
    const eventId = await relay.accepted();
    vi.spyOn(relay.eventLog, 'deliveries').mockRejectedValue(new StoreError('throttled'));

    await relay.fanOut();

    expect(relay.telemetry.counts.get('FanOutFailures')).toBe(1);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { eventIds: [eventId] } }),
    );
  });

  it('no dead delivery for a test that fails', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', REFUSED);
    const { orderKey } = await sendTestEvent(relay.relay, ERP);

    await relay.work();

    expect(await relay.rows(orderKey)).toMatchObject([{ state: 'dead' }]);
    expect(relay.telemetry.counts.get('DeliveriesDead')).toBeUndefined();
  });
});

describe('fan-out writes', () => {
  it('the health of the endpoints that it sent to', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    await relay.accepted();

    await relay.fanOut();

    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 1 });
  });

  it('the alias once, with the first event of the order', async () => {
    const relay = aRelay();
    const put = vi.spyOn(relay.eventLog, 'putAlias');
    await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });
    await relay.accepted({ Id: '1', NiceId: 'Magic7-501' });
    await relay.accepted({ Id: '2' });

    await relay.fanOut();

    expect(put).toHaveBeenCalledTimes(1);
  });

  it('no changes for a body without items', async () => {
    const relay = aRelay();
    await relay.accepted({ Id: '1', Items: [{ Sku: 'MUG' }] });
    const eventId = await relay.accepted({ Id: '1' });

    await relay.fanOut();

    expect((await relay.event(eventId)).changes).toEqual([]);
  });

  it('the outcome of the row that another run wrote first', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    const eventId = await relay.accepted();
    const put = relay.eventLog.putDeliveryIfAbsent.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockImplementation(async (delivery) => {
      await put({ ...delivery, reason: 'retry' } as typeof delivery);
      return false;
    });

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending: retried by hand' });
  });

  it('its own outcome when the row of another run is gone again', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    const eventId = await relay.accepted();
    vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockResolvedValue(false);

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending: endpoint is paused' });
  });
});

describe('an event that fan-out leaves to deliver', () => {
  it.each<[string, Error]>([
    ['its payload is malformed', new UnreadableRowError('no body')],
    ['the table refuses the payload', new StoreError('throttled')],
  ])('is finished only when %s', async (name, error) => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValue(error);

    await relay.fanOut();

    const isFinished = (await relay.event(eventId)).fannedOutAt !== undefined;
    expect(isFinished).toBe(name === 'its payload is malformed');
  });

  it('waits until its order is quiet when its endpoint debounces', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 60 });
    const eventId = await relay.accepted();
    const { receivedAt } = await relay.event(eventId);
    const [message] = relay.eventQueue.take();
    relay.clock.advance(5_000);

    await fanOut(relay.relay, message ? [{ ...message, receivedBefore: true }] : []);

    expect(await relay.rows()).toMatchObject([
      { eventId, reason: 'debounce', nextAttemptAt: new Date(receivedAt.getTime() + 60_000) },
    ]);
  });

  it('is sent to every endpoint at once in one message each', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.newEndpoint('shop');
    await relay.accepted();

    await relay.fanOut();

    expect(relay.deliveryQueue.take()).toMatchObject([
      { endpointId: 'erp', delaySeconds: 0 },
      { endpointId: 'shop', delaySeconds: 0 },
    ]);
  });
});

describe('events of the relay itself', () => {
  it('are not debounced, filtered or parked for an endpoint with an invalid row', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { notices: true, debounceSeconds: 60, filter: 'no event' });
    relay.expressions.means('no event', () => false);
    relay.endpoint('shop', { timeoutSeconds: 'ten' });
    await storeNotice(relay.relay, NOTICE);

    await relay.fanOut();

    expect(relay.sender.to('erp')).toHaveLength(1);
    expect(await relay.owed('shop')).toEqual([]);
  });

  it('are not marked for a filter when an earlier run may have sent them', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { notices: true, debounceSeconds: 60, filter: 'no event' });
    await storeNotice(relay.relay, NOTICE);
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));

    await fanOut(relay.relay, messages);

    const [row] = await relay.rows(messages[0]?.orderKey);
    expect(row).toMatchObject({ state: 'pending', possiblyDeliveredAt: expect.any(Date) });
    expect(row).not.toHaveProperty('filterPending');
    expect(row).not.toHaveProperty('reason');
  });

  it('are sent by deliver when they are tests, because their row keeps the answer', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const { orderKey } = await sendTestEvent(relay.relay, ERP);

    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows(orderKey)).toMatchObject([{ state: 'pending', attempts: [] }]);
  });

  it('reach an endpoint that was added a moment ago when they are tests', async () => {
    const relay = aRelay();
    await relay.config.endpoints();
    relay.clock.advance(1_000);
    relay.endpoint('erp');
    const { orderKey } = await sendTestEvent(relay.relay, ERP);

    await relay.fanOut();

    expect(await relay.rows(orderKey)).toHaveLength(1);
  });
});

describe('an event whose order was forgotten', () => {
  it('leaves no row for an endpoint whose own row is invalid', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 'ten' });
    const eventId = await relay.accepted();
    await relay.eventLog.noteForgotten({ orderKey: ORDER, eventId });

    await relay.fanOut();

    expect(await relay.rows()).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({});
  });
});

describe('the rows of an earlier run', () => {
  it('stay as they are, also when the row of their endpoint is invalid now', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    const eventId = await relay.accepted();
    const messages = relay.eventQueue.take();
    const finish = vi
      .spyOn(relay.eventLog, 'finishFanOut')
      .mockRejectedValueOnce(new StoreError('throttled'));
    await fanOut(relay.relay, messages);
    const before = await relay.rows();
    relay.endpoint('erp', { timeoutSeconds: 'ten' });
    relay.minutes(1);
    const put = vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent');

    await fanOut(relay.relay, messages);

    expect(put).not.toHaveBeenCalled();
    expect(await relay.rows()).toEqual(before);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending: endpoint is paused' });
    expect(finish).toHaveBeenCalledTimes(2);
  });
});

describe('the time of an order', () => {
  it.each([
    ['inline when the events before it took just less than five seconds', 4_999, 2],
    ['by deliver when they took five seconds', 5_000, 1],
  ])('is over for inline attempts after five seconds: the next event is sent %s', async (_, ms, inline) => {
    const relay = aRelay();
    relay.endpoint('erp');
    const finish = relay.eventLog.finishFanOut.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'finishFanOut').mockImplementationOnce((...input) => {
      relay.clock.advance(ms);
      return finish(...input);
    });
    await relay.accepted();
    await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.to('erp')).toHaveLength(inline);
  });

  it.each([
    [15_000, true],
    [15_001, false],
  ])('is over after 15 seconds: after %i ms the next event is fanned out: %s', async (ms, isFannedOut) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    takesMs(relay, 'erp', ms);
    await relay.accepted();
    const second = await relay.accepted();

    await relay.fanOut();

    expect((await relay.event(second)).fannedOutAt !== undefined).toBe(isFannedOut);
  });
});
