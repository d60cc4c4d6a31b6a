import { describe, expect, it } from 'vitest';
import { relayStatus } from '../../../lib/operator/status/relay-status.ts';
import { sourceIdSchema } from '../../../lib/relay/endpoint/source.ts';
import { FAN_OUT_ATTENTION } from '../../../lib/relay/fan-out/quarantine.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import { attentionOf } from '../../../lib/relay/model/delivery.ts';
import { NOTICES, sha256Hex } from '../../../lib/relay/model/ids.ts';
import { anEndpointId, aSource } from '../../ports/builders.ts';
import { aStatusRelay, HOUR_MS, MINUTE_MS, SECOND_MS } from './a-status-relay.ts';

const ERP = anEndpointId('erp');
const URL = 'https://erp.example/';
const exactly = (count: number) => ({ count, isMore: false });

describe('the Hub in the status of a relay', () => {
  it('is never heard of without a webhook', async () => {
    const { hub, sample } = await relayStatus(aStatusRelay());

    expect(hub).toMatchObject({ silence: { state: 'never' }, lastDay: { count: 0, today: 0 } });
    expect(hub.lastWebhook).toBeUndefined();
    expect(hub.lastDay.hours).toHaveLength(25);
    expect(sample).toEqual({ webhooks: 0 });
  });

  it('has its last webhook, and the webhooks of each hour without notices', async () => {
    const relay = aStatusRelay();
    await relay.received(25 * HOUR_MS);
    for (const minutes of [130, 125, 30, 20]) await relay.received(minutes * MINUTE_MS);
    await relay.received(0, undefined, { source: NOTICES });

    const { hub } = await relayStatus(relay);

    expect(hub.lastWebhook).toMatchObject({ at: relay.ago(20 * MINUTE_MS), source: aSource });
    expect(hub.lastDay).toMatchObject({ count: 4, isMore: false, countedSince: relay.ago(24 * HOUR_MS) });
    expect(hub.lastDay.hours.filter(({ count }) => count > 0)).toEqual([
      { start: relay.ago(3 * HOUR_MS), count: 2 },
      { start: relay.ago(HOUR_MS), count: 2 },
    ]);
    expect(hub.silence).toEqual({ state: 'none' });
  });

  it('counts no more events than its limit, and says since when it counted', async () => {
    const relay = aStatusRelay();
    for (let minutes = 1; minutes <= 10; minutes++) await relay.received(minutes * MINUTE_MS);

    const { hub } = await relayStatus(relay, { countedEvents: 4 });

    expect(hub.lastDay).toMatchObject({ count: 4, isMore: true, countedSince: relay.ago(5 * MINUTE_MS) });
  });

  it('has its last webhook even if that is weeks old', async () => {
    const relay = aStatusRelay();
    const { eventId } = await relay.received(20 * 24 * HOUR_MS);

    expect((await relayStatus(relay)).hub.lastWebhook).toMatchObject({ eventId, source: aSource });
  });

  it('is silent once no webhook came for the hours of the limit', async () => {
    const relay = aStatusRelay({ silenceHours: 2 });
    await relay.received(HOUR_MS);
    expect((await relayStatus(relay)).hub.silence).toEqual({ state: 'none', limitHours: 2 });

    relay.clock.advance(90 * MINUTE_MS);

    expect((await relayStatus(relay)).hub.silence).toEqual({
      state: 'silent',
      limitHours: 2,
      since: relay.ago(30 * MINUTE_MS),
    });
  });

  it('has the last webhook of each source', async () => {
    const relay = aStatusRelay();
    const other = sourceIdSchema.parse('other');
    for (const id of [aSource, other]) relay.configTable.put('source', id, { tokenSha256: sha256Hex(id) });
    await relay.received(2 * MINUTE_MS);
    await relay.received(MINUTE_MS);

    expect((await relayStatus(relay)).hub.sources).toMatchObject([
      { id: aSource, enabled: true, lastWebhook: { at: relay.ago(MINUTE_MS) } },
      { id: other, enabled: true },
    ]);
  });
});

describe('an endpoint in the status of a relay', () => {
  it.each([
    ['new', { url: URL }, undefined, { state: 'new' }],
    ['invalid', { url: 'ftp://erp.example/' }, undefined, { state: 'invalid' }],
    ['paused', { url: URL, state: 'paused' }, undefined, { state: 'paused' }],
    [
      'failing',
      { url: URL },
      { state: 'failing', reason: '5 failures in a row', failingSince: '2026-03-01T10:00:00.000Z' },
      { state: 'failing', reason: '5 failures in a row', since: new Date('2026-03-01T10:00:00Z') },
    ],
    [
      'ok',
      { url: URL },
      { provenAt: '2026-03-01T10:00:00.000Z', lastSuccessAt: '2026-03-01T11:00:00.000Z' },
      { state: 'ok', since: new Date('2026-03-01T10:00:00Z') },
    ],
  ])('has its state and the time since: %s', async (_, attributes, health, expected) => {
    const relay = aStatusRelay();
    relay.configTable.put('endpoint', ERP, attributes);
    if (health !== undefined) relay.configTable.put('health', ERP, health);

    expect((await relayStatus(relay)).endpoints).toMatchObject([{ id: ERP, ...expected }]);
  });

  it('has its waiting deliveries, the oldest of them, and its last attempt', async () => {
    const relay = aStatusRelay();
    relay.configTable.put('endpoint', ERP, { url: URL });
    const attempt = (agoMs: number) => ({ at: relay.ago(agoMs), durationMs: 5, status: 503, answer: 'busy' });
    for (const minutes of [3, 7, 5]) {
      const event = await relay.received(minutes * MINUTE_MS, { [ERP]: { state: 'pending' } });
      const owedSince = relay.ago(minutes * MINUTE_MS);
      await relay.withRow(event, { owedSince, attempts: [attempt(minutes * MINUTE_MS - SECOND_MS)] });
    }

    const [erp] = (await relayStatus(relay)).endpoints;

    expect(erp).toMatchObject({
      waiting: exactly(3),
      oldestWaitingSince: relay.ago(7 * MINUTE_MS),
      lastAttempt: attempt(3 * MINUTE_MS - SECOND_MS),
      sample: { deliveredShare: 0, outcomes: { pending: 3 } },
    });
  });

  it('has the share of the sampled webhooks that it received, and the time that took', async () => {
    const relay = aStatusRelay();
    relay.configTable.put('endpoint', ERP, { url: URL });
    const delivered = { [ERP]: { state: 'delivered', status: 200 } } as const;
    for (const minutes of [9, 8]) await relay.received(minutes * MINUTE_MS, delivered);
    await relay.received(7 * MINUTE_MS, { [ERP]: { state: 'superseded' } });
    await relay.received(6 * MINUTE_MS, { [ERP]: { state: 'dead' } });
    const late = await relay.received(5 * MINUTE_MS, delivered);
    await relay.withRow(late, { state: 'delivered', settledAt: after(late.receivedAt, 30 * SECOND_MS) });

    const { endpoints, sample } = await relayStatus(relay, { sampledWebhooks: 5 });

    expect(sample).toEqual({ webhooks: 5, since: relay.ago(9 * MINUTE_MS) });
    expect(endpoints[0]?.sample).toEqual({
      outcomes: { delivered: 3, superseded: 1, dead: 1, pending: 0, skipped: 0, cancelled: 0 },
      deliveredShare: 0.75,
      timeToDeliver: { p50Ms: 100, p99Ms: 30 * SECOND_MS, deliveries: 3 },
    });
  });

  it('times no delivery that a person resent', async () => {
    const relay = aStatusRelay();
    relay.configTable.put('endpoint', ERP, { url: URL });
    const event = await relay.received(HOUR_MS, { [ERP]: { state: 'delivered', replayed: true } });
    await relay.withRow(event, { state: 'delivered', settledAt: relay.ago(0), replayedAt: relay.ago(1) });

    const [erp] = (await relayStatus(relay)).endpoints;

    expect(erp?.sample.deliveredShare).toBe(1);
    expect(erp?.sample.timeToDeliver).toBeUndefined();
  });

  it('is listed after it was removed only while deliveries are left', async () => {
    const relay = aStatusRelay();
    relay.configTable.put('health', ERP, {});
    expect((await relayStatus(relay)).endpoints).toEqual([]);

    const event = await relay.received(MINUTE_MS);
    await relay.withRow(event, { state: 'dead', owedTo: attentionOf(ERP), settledAt: relay.ago(0) });

    expect((await relayStatus(relay)).endpoints).toMatchObject([
      { id: ERP, state: 'removed', dead: exactly(1), waiting: exactly(0) },
    ]);
  });
});

describe('what needs attention in the status of a relay', () => {
  it('is counted: abandoned, quarantined and late events, invalid rows, dead letters', async () => {
    const relay = aStatusRelay();
    const { eventLog } = relay;
    relay.configTable.put('endpoint', ERP, { url: 'ftp://erp.example/' });
    relay.configTable.put('source', 'shop', {});
    relay.deadLetters.events.put({ body: '{}' });
    relay.deadLetters.deliveries.put({ body: '{}' });
    const [abandoned, quarantined] = [await relay.received(HOUR_MS), await relay.received(HOUR_MS)];
    const [now, later] = [relay.ago(0), relay.ago(-HOUR_MS)];
    await eventLog.recordFanOutAttempt(abandoned, {
      fanOutAttempts: 90,
      abandonedAt: now,
      owedTo: FAN_OUT_ATTENTION,
      dueAt: now,
    });
    await eventLog.recordFanOutAttempt(quarantined, {
      fanOutAttempts: 5,
      quarantinedUntil: later,
      dueAt: later,
    });
    for (const agoMs of [2 * MINUTE_MS, SECOND_MS]) await relay.received(agoMs);

    expect((await relayStatus(relay)).attention).toMatchObject({
      abandoned: exactly(1),
      quarantined: exactly(1),
      notFannedOut: exactly(1),
      invalidEndpoints: [{ id: ERP }],
      invalidSources: [{ id: 'shop' }],
      deadLetters: 2,
    });
  });
});

describe('the cost of a status', () => {
  it('does not grow with the number of endpoints that the same events were cancelled for', async () => {
    const costOf = async (endpoints: number) => {
      const relay = aStatusRelay();
      const ids = Array.from({ length: endpoints }, (_, index) => anEndpointId(`e${index}`));
      for (const id of ids) relay.configTable.put('endpoint', id, { url: URL, state: 'disabled' });
      for (let index = 0; index < 20; index++) {
        const event = await relay.received((20 - index) * MINUTE_MS);
        const cancelled = { state: 'cancelled', reason: 'endpoint-disabled' } as const;
        await relay.eventLog.finishFanOut(event, {
          changes: [],
          outcomes: Object.fromEntries(ids.map((id) => [id, cancelled])),
          fannedOutAt: event.receivedAt,
          cancelledFor: ids,
        });
      }
      let events = 0;
      const { eventReader } = relay;
      const eventsOf = eventReader.eventsOf.bind(eventReader);
      eventReader.eventsOf = (keys) => {
        events += keys.length;
        return eventsOf(keys);
      };
      const status = await relayStatus(relay);
      expect(status.endpoints.map(({ cancelled }) => cancelled)).toEqual(ids.map(() => exactly(20)));
      return events;
    };

    expect(await costOf(8)).toBe(await costOf(2));
  });
});
