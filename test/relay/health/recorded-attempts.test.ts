/** The health recorder by itself: the waits that it knows, and what a flush writes, forgets and reports. */
import { describe, expect, it, vi } from 'vitest';
import { after as later } from '../../../lib/relay/model/clock.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const SHOP = anEndpointId('shop');

async function aRecorder() {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.endpoint('shop');
  await relay.config.endpoints();
  const { health, healthRecorder } = relay.config;
  const observe = (
    status: number,
    more: { retryAfterSeconds?: number; durationMs?: number } = {},
    id = ERP,
  ) =>
    healthRecorder.observe(id, {
      ...{ orderKey: ORDER, at: relay.clock.now(), durationMs: 20, status },
      ...more,
    });
  const otherIsAskedForHalfAMinute = async () => {
    const busyUntil = later(relay.clock.now(), 30_000).toISOString();
    relay.health('erp', { state: 'ok', busyUntil, version: 9 });
    await health.reread(ERP);
  };
  return {
    relay,
    health,
    healthRecorder,
    observe,
    otherIsAskedForHalfAMinute,
    waitMs: () => healthRecorder.waitMs(ERP),
  };
}

describe('the wait that an endpoint asks this function for', () => {
  it('lasts as long as it asked for, and not longer', async () => {
    const { relay, observe, waitMs } = await aRecorder();

    observe(429, { retryAfterSeconds: 30 });

    expect(waitMs()).toBe(30_000);
    relay.clock.advance(12_000);
    expect(waitMs()).toBe(18_000);
    relay.clock.advance(18_000);
    expect(waitMs()).toBe(0);
    relay.clock.advance(60_000);
    expect(waitMs()).toBe(0);
  });

  it('is not longer once its health is written', async () => {
    const { health, healthRecorder, observe, waitMs } = await aRecorder();
    observe(503, { retryAfterSeconds: 30 });

    await healthRecorder.flush();
    await health.reread(ERP);

    expect(waitMs()).toBe(30_000);
  });

  it('is the one that ends last', async () => {
    const { relay, observe, waitMs } = await aRecorder();
    observe(429, { retryAfterSeconds: 30 });
    relay.clock.advance(1_000);

    observe(429, { retryAfterSeconds: 5 });
    expect(waitMs()).toBe(29_000);
    observe(429, { retryAfterSeconds: 40 });
    expect(waitMs()).toBe(40_000);
  });

  it.each([
    ['a success', 200, { retryAfterSeconds: 30 }],
    ['a failure without a wait', 500, {}],
    ['a failure with a wait of a minute, which opens the circuit', 503, { retryAfterSeconds: 60 }],
  ])('is none after %s', async (_, status, more) => {
    const { observe, waitMs } = await aRecorder();

    observe(status, more);

    expect(waitMs()).toBe(0);
  });

  it('is written at once, because other functions have to wait, too', async () => {
    const { relay, healthRecorder, observe } = await aRecorder();
    observe(429, { retryAfterSeconds: 30 });

    await healthRecorder.flushIfChanged(ERP);

    expect(await relay.healthOf('erp')).toHaveProperty('busyUntil');
  });
});

describe('the wait that an endpoint asked another function for', () => {
  it('is longer by the time that two clocks may differ', async () => {
    const { relay, otherIsAskedForHalfAMinute, waitMs } = await aRecorder();
    await otherIsAskedForHalfAMinute();

    expect(waitMs()).toBe(32_000);
    relay.clock.advance(40_000);
    expect(waitMs()).toBe(0);
  });

  it('counts when it ends after the own one', async () => {
    const { otherIsAskedForHalfAMinute, observe, waitMs } = await aRecorder();
    observe(429, { retryAfterSeconds: 5 });
    await otherIsAskedForHalfAMinute();

    expect(waitMs()).toBe(32_000);
  });
});

describe('a flush', () => {
  it('writes only the health that changed', async () => {
    const { relay, healthRecorder, observe } = await aRecorder();
    const write = vi.spyOn(relay.configTable, 'updateHealth');
    observe(200);
    observe(500, {}, SHOP);

    await healthRecorder.flush();
    await healthRecorder.flush();

    expect(write.mock.calls.map(([id]) => id)).toEqual([SHOP]);
  });

  it('forgets a success that changed nothing: it ends no failures that another function sees later', async () => {
    const { relay, health, healthRecorder, observe } = await aRecorder();
    observe(200);
    await healthRecorder.flush();

    const { attributes } = (await relay.configTable.healthRow(ERP)) ?? {};
    relay.health('erp', { ...attributes, consecutiveFailures: 3, version: 9 });
    await health.reread(ERP);

    expect(healthRecorder.current(ERP)).toMatchObject({ consecutiveFailures: 3 });
  });

  it('reports nothing when the row needs no change after all', async () => {
    const { relay, healthRecorder, observe } = await aRecorder();
    observe(500);
    // An operator disabled the endpoint meanwhile. No attempt changes that.
    relay.health('erp', { state: 'disabled', version: 9 });

    await healthRecorder.flush();

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'disabled', version: 9 });
    expect(relay.telemetry.log).toEqual([]);
  });

  it('tells of each state once, and counts an endpoint that it disables', async () => {
    const { relay, healthRecorder, observe } = await aRecorder();
    const flushed = async (status: number, times = 1) => {
      for (let n = 0; n < times; n++) observe(status);
      await healthRecorder.flush();
    };

    await flushed(500, 5);
    await flushed(500);
    expect(relay.telemetry.counts.get('EndpointsDisabled')).toBeUndefined();
    await flushed(410);

    expect(relay.telemetry.log).toMatchObject([
      {
        level: 'warn',
        message: 'endpoint is failing',
        fields: { endpointId: ERP, reason: expect.stringContaining('5 failures in a row') },
      },
      {
        level: 'warn',
        message: 'endpoint is disabled',
        fields: { endpointId: ERP, reason: 'it answered 410: gone for good' },
      },
    ]);
    expect(relay.telemetry.counts.get('EndpointsDisabled')).toBe(1);
  });

  it('counts an endpoint that starts to refuse once, not with each further refusal', async () => {
    const { relay, healthRecorder } = await aRecorder();
    for (let order = 1; order <= 7; order++) {
      const orderKey = `${ORDER}${order}` as typeof ORDER;
      healthRecorder.observe(ERP, { orderKey, at: relay.clock.now(), durationMs: 20, status: 404 });
      await healthRecorder.flush();
      expect(relay.telemetry.counts.get('EndpointsRefusing')).toBe(order < 5 ? undefined : 1);
    }
  });
});
