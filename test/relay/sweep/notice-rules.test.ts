import { describe, expect, it, vi } from 'vitest';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import { attentionOf, type DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import { eventIdOf, NOTICES, orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { areNoticesWanted, notifyChanges, notifySilence } from '../../../lib/relay/sweep/notices.ts';
import { storeNotice } from '../../../lib/relay/sweep/store-notice.ts';
import { aDelivery, anEndpointId, anEventId, anOrderKey } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const SHOP = anEndpointId('shop');
const HOUR_MS = 3_600_000;

/** The notices that are stored. */
async function stored({ eventLog }: Pick<ReturnType<typeof aRelay>, 'eventLog'>) {
  const keys = eventLog.allEventKeys().filter(({ orderKey }) => orderKey.startsWith('notices/'));
  return Promise.all(
    keys.map(async (key) => ({
      event: await eventLog.event(key),
      body: JSON.parse(Buffer.from((await eventLog.payload(key))?.body ?? []).toString()),
    })),
  );
}

/** A relay with the endpoint `erp` and its health row; and its changes since the last notice. */
async function withHealth(health: Record<string, unknown>, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', attributes);
  relay.health('erp', { state: 'ok', version: 1, ...health });
  const [endpoint] = (await relay.config.endpoints()).valid;
  if (endpoint === undefined) throw new Error('the endpoint is invalid');
  return {
    relay,
    notify: () => notifyChanges(relay.relay, endpoint),
    messages: async () => (await stored(relay)).map(({ body }) => body.data.message as string),
    /** Settled deliveries to `erp` that need attention since so many seconds. */
    async dead(agesSeconds: readonly number[], parts: Partial<DeliveryAttributes> = {}) {
      for (const age of agesSeconds) {
        const dueAt = laterBy(relay.clock.now(), -age * 1_000);
        const owed = { endpointId: ERP, owedTo: attentionOf(ERP), dueAt };
        await relay.eventLog.putDeliveryIfAbsent(
          aDelivery({ orderKey: anOrderKey(), state: 'dead', ...owed, ...parts }),
        );
      }
    },
    sinceSeconds: async () =>
      (relay.clock.now().getTime() - Date.parse(String((await relay.healthOf('erp')).deadNotifiedUntil))) /
      1_000,
  };
}

const hourAgo = { deadNotifiedUntil: laterBy(aRelay().clock.now(), -HOUR_MS).toISOString() };

describe('notices are wanted', () => {
  it.each([
    ['by an endpoint that asks for them', { notices: true }, true],
    ['by one that is paused', { notices: true, state: 'paused' }, true],
    ['by no endpoint that is disabled', { notices: true, state: 'disabled' }, false],
    ['by no other endpoint', {}, false],
  ])('%s', async (_, attributes, expected) => {
    const relay = aRelay();
    relay.newEndpoint('chat', attributes);

    expect(areNoticesWanted(await relay.config.endpoints())).toBe(expected);
  });
});

describe('a notice about the state of an endpoint', () => {
  it.each([
    [
      { state: 'disabled', reason: 'it answered 410' },
      'erp is disabled: it answered 410. The relay sends it nothing',
    ],
    [{ state: 'disabled' }, 'erp is disabled: it does not answer'],
    [{ state: 'ok', notifiedState: 'failing' }, 'erp has recovered'],
  ])('says what happened and why: %o', async (health, message) => {
    const { notify, messages } = await withHealth(health);

    await notify();

    expect(await messages()).toEqual([expect.stringContaining(message)]);
  });

  it('is sent once, and names its endpoint', async () => {
    const { relay, notify } = await withHealth({ state: 'disabled' });

    await notify();
    await notify();

    expect(await stored(relay)).toMatchObject([
      { event: { endpointId: ERP, source: NOTICES }, body: { data: { endpoint: 'erp' } } },
    ]);
  });
});

describe('a notice about dead deliveries', () => {
  it('counts one delivery as one', async () => {
    const { notify, messages, dead } = await withHealth(hourAgo);
    await dead([60]);

    await notify();

    expect(await messages()).toEqual([expect.stringContaining('One delivery to erp failed for good')]);
  });

  it('counts the deliveries of an order that died since the last notice, and no other rows of it', async () => {
    const { relay, notify, messages, dead } = await withHealth(hourAgo);
    const orderKey = anOrderKey();
    const ids = [anEventId(relay.clock), anEventId(relay.clock), anEventId(relay.clock)] as const;
    await dead([60], { orderKey, eventId: ids[0] });
    await dead([60], { orderKey, eventId: ids[1] });
    await dead([60], { orderKey, eventId: ids[2], state: 'cancelled' });
    await dead([60], { orderKey, eventId: ids[0], endpointId: SHOP, owedTo: attentionOf(SHOP) });
    await dead([2 * 3_600], { orderKey, eventId: anEventId(relay.clock) });

    await notify();

    expect(await messages()).toEqual([expect.stringContaining('2 deliveries to erp')]);
  });

  it('is not sent for cancelled deliveries and for the relay’s own events', async () => {
    const { notify, messages, dead, sinceSeconds } = await withHealth(hourAgo);
    await dead([60], { state: 'cancelled' });
    await dead([60], { orderKey: orderKeyOf(NOTICES, '1') });

    await notify();

    expect(await messages()).toEqual([]);
    expect(await sinceSeconds()).toBe(10);
  });

  it('is not recorded when nothing died', async () => {
    const { notify, sinceSeconds } = await withHealth(hourAgo);

    await notify();

    expect(await sinceSeconds()).toBe(3_600);
  });

  it('starts from the first sweep on', async () => {
    const { notify, messages, dead, sinceSeconds } = await withHealth({});
    await dead([60]);

    await notify();

    expect(await messages()).toEqual([]);
    expect(await sinceSeconds()).toBe(10);
  });

  it('continues after the last delivery of a full page', async () => {
    const { notify, messages, dead, sinceSeconds } = await withHealth(hourAgo);
    await dead(Array.from({ length: 100 }, (_, index) => 1_000 - index));
    await dead([20]);

    await notify();

    expect(await messages()).toEqual([expect.stringContaining('100 deliveries')]);
    expect(await sinceSeconds()).toBe(900.999);
  });

  it('has all deliveries of a page that is not full', async () => {
    const { notify, messages, dead, sinceSeconds } = await withHealth(hourAgo);
    await dead(Array.from({ length: 99 }, (_, index) => 1_000 - index));

    await notify();

    expect(await messages()).toEqual([expect.stringContaining('99 deliveries')]);
    expect(await sinceSeconds()).toBe(10);
  });

  it('is not sent about an endpoint that is disabled, and needs a health row', async () => {
    const disabled = await withHealth({ ...hourAgo, notifiedState: 'disabled' }, { state: 'disabled' });
    await disabled.dead([60]);
    const none = await withHealth({});
    none.relay.config.health.replace(new Map(), 0);
    const update = vi.spyOn(none.relay.configTable, 'updateHealth');

    await disabled.notify();
    await none.notify();

    expect((await disabled.messages()).filter((text) => text.includes('failed for good'))).toEqual([]);
    expect(update).not.toHaveBeenCalled();
  });
});

describe('a notice about the silence of the Hub', () => {
  it.each([
    ['just before its time', -1, 0],
    ['at its time', 0, 1],
  ])('is stored %s: %i ms, %i', async (_, ms, count) => {
    const relay = aRelay();
    await relay.accepted();
    relay.clock.advance(3 * HOUR_MS + ms);

    await notifySilence(relay.relay, 3);
    await notifySilence(relay.relay, 3);

    const notices = await stored(relay);
    expect(notices).toHaveLength(count);
    for (const { body } of notices) expect(body.data.message).toContain('No webhook has come for 3 hours');
  });

  it('is not stored by a relay that never received a webhook', async () => {
    const relay = aRelay();

    await notifySilence(relay.relay, 3);

    expect(await stored(relay)).toEqual([]);
  });
});

describe('a notice with a fixed id', () => {
  it('is stored and enqueued once', async () => {
    const relay = aRelay();
    const eventId = eventIdOf(relay.clock.now(), 'an occasion');
    const notice = { type: 'hub.silent', message: 'No webhook.', eventId } as const;
    const put = vi.spyOn(relay.eventLog, 'putPayload');

    await storeNotice(relay.relay, notice);
    await storeNotice(relay.relay, notice);

    expect(put).toHaveBeenCalledTimes(1);
    const [only] = await stored(relay);
    expect(only?.event).not.toHaveProperty('endpointId');
    expect(only?.body.data).not.toHaveProperty('endpoint');
    expect(relay.eventQueue.take()).toMatchObject([{ eventId }]);
  });
});

describe('a notice that cannot be enqueued', () => {
  it('is stored, and found by a later sweep', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventQueue, 'send').mockRejectedValue(new StoreError('throttled'));

    await storeNotice(relay.relay, { type: 'endpoint.down', message: 'It is failing.', endpointId: ERP });

    expect(await stored(relay)).toHaveLength(1);
    expect(relay.telemetry.log.map(({ level }) => level)).toEqual(['error', 'info']);
  });

  it('costs no read when its id is new', async () => {
    const relay = aRelay();
    const read = vi.spyOn(relay.eventLog, 'event');

    await storeNotice(relay.relay, { type: 'endpoint.down', message: 'It is failing.', endpointId: ERP });

    expect(read).not.toHaveBeenCalled();
  });
});
