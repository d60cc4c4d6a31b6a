import { describe, expect, it, vi } from 'vitest';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import { attentionOf, DUE_FIRST } from '../../../lib/relay/model/delivery.ts';
import type { EventId } from '../../../lib/relay/model/ids.ts';
import { sweepEndpoint } from '../../../lib/relay/sweep/sweep-endpoint.ts';
import { aDelivery, anEndpointId, anOrderKey, aSettledDelivery } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const TEN_MINUTES_MS = 600_000;

/** A relay with the endpoint `erp`, its health, and deliveries that are due so many milliseconds from now. */
async function setUp({
  attributes = {},
  health = {},
  dueInMs = [],
  parts = {},
}: {
  readonly attributes?: Record<string, unknown>;
  readonly health?: Record<string, unknown>;
  readonly dueInMs?: readonly number[];
  readonly parts?: Partial<DeliveryAttributes>;
}) {
  const relay = aRelay();
  relay.newEndpoint('erp', attributes);
  relay.health('erp', { state: 'ok', version: 1, ...health });
  const ids: EventId[] = [];
  for (const ms of dueInMs) {
    relay.clock.advance(1);
    const delivery = aDelivery({
      orderKey: anOrderKey(),
      endpointId: ERP,
      dueAt: laterBy(relay.clock.now(), ms),
      ...parts,
    });
    ids.push(delivery.eventId);
    await relay.eventLog.putDeliveryIfAbsent(delivery);
  }
  const endpoints = await relay.config.endpoints();
  const endpoint = endpoints.valid.find(({ id }) => id === ERP);
  return {
    relay,
    ids,
    run: () => sweepEndpoint(relay.relay, ERP, endpoint),
    runRemoved: () => sweepEndpoint(relay.relay, ERP, undefined),
    enqueued: () => relay.deliveryQueue.take().map(({ eventId }) => eventId),
  };
}

const failing = { state: 'failing', consecutiveFailures: 5, failingSince: '2026-01-01T00:00:00Z' };

describe('a list that a person has edited', () => {
  /** A delivery of another endpoint, first in the list of `erp`. */
  async function withForeign(options: Parameters<typeof setUp>[0]) {
    const made = await setUp(options);
    const { relay } = made;
    const foreign = aDelivery({
      orderKey: anOrderKey(),
      endpointId: anEndpointId('shop'),
      owedTo: 'erp',
      dueAt: laterBy(relay.clock.now(), -2 * TEN_MINUTES_MS),
    });
    await relay.eventLog.putDeliveryIfAbsent(foreign);
    return made;
  }

  const FAILING = { state: 'failing', consecutiveFailures: 5, failingSince: '2026-03-01T11:00:00Z' };

  it.each([
    ['is sent to', {}, {}],
    ['is disabled', { state: 'disabled' }, {}],
    ['is probed', {}, FAILING],
  ])(
    'stops nothing while the endpoint %s: sweep enqueues its own delivery',
    async (_, attributes, health) => {
      const { ids, run, enqueued } = await withForeign({ attributes, health, dueInMs: [-TEN_MINUTES_MS] });

      await run();

      expect(enqueued()).toEqual(ids);
    },
  );

  it('lets a backlog be drained', async () => {
    const { relay, run } = await withForeign({ health: { recoveredAt: '2026-03-01T11:59:00Z' } });

    await run();

    expect(await relay.healthOf('erp')).not.toHaveProperty('recoveredAt');
  });

  it('makes sweep finish no ended delivery of another endpoint', async () => {
    const { relay, run, enqueued } = await setUp({ attributes: { state: 'paused' } });
    const ended = aSettledDelivery('dead', {
      orderKey: anOrderKey(),
      endpointId: anEndpointId('shop'),
      owedTo: 'erp',
      dueAt: DUE_FIRST,
    });
    await relay.eventLog.putDeliveryIfAbsent(ended);

    await run();

    expect(enqueued()).toEqual([]);
  });
});

describe('sweep of an endpoint', () => {
  it('enqueues the longest overdue delivery, and counts all that are overdue', async () => {
    const { relay, ids, run, enqueued } = await setUp({ dueInMs: [-1_000, -9_000, 60_000] });

    await run();

    expect(enqueued()).toEqual([ids[1]]);
    expect(relay.telemetry.counts.get('OwedOverdue')).toBe(2);
  });

  it('enqueues nothing while its deliveries are parked or not due', async () => {
    const paused = await setUp({ attributes: { state: 'paused' }, dueInMs: [-1_000] });
    const waiting = await setUp({ dueInMs: [60_000] });

    await paused.run();
    await waiting.run();

    expect(paused.enqueued()).toEqual([]);
    expect(waiting.enqueued()).toEqual([]);
  });

  it('enqueues nothing for a failing endpoint before its next probe', async () => {
    const { run, enqueued } = await setUp({
      health: { ...failing, retryAt: '2026-03-04T12:00:00Z' },
      dueInMs: [-1_000],
    });

    await run();

    expect(enqueued()).toEqual([]);
  });

  it.each([
    [0, 0],
    [0.5, 1],
    [0.99, 2],
  ])('enqueues a random delivery as a probe: %s draws the one at %i', async (draw, index) => {
    const { relay, ids, run, enqueued } = await setUp({ health: failing, dueInMs: [1_000, 2_000, 3_000] });
    relay.draws(() => draw);

    await run();

    expect(enqueued()).toEqual([ids[index]]);
  });

  it('enqueues a delivery that is not due when the endpoint is disabled', async () => {
    const { ids, run, enqueued } = await setUp({ attributes: { state: 'disabled' }, dueInMs: [60_000] });

    await run();

    expect(enqueued()).toEqual(ids);
  });

  it.each([
    ['is locked', 1, 0],
    ['was locked until now', 0, 1],
  ])('counts on the holder of the lock: while the endpoint %s', async (_, ms, messages) => {
    const lockedUntil = laterBy(aRelay().clock.now(), ms + 1).toISOString();
    const { run, enqueued } = await setUp({ health: { lockId: 'held', lockedUntil }, dueInMs: [-1_000] });

    await run();

    expect(enqueued()).toHaveLength(messages);
  });
});

describe('sweep of an endpoint that has recovered', () => {
  const recovered = { recoveredAt: '2026-01-01T00:00:00Z' };

  it('enqueues what is overdue first', async () => {
    const { ids, run, enqueued } = await setUp({ health: recovered, dueInMs: [60_000, -1_000] });

    await run();

    expect(enqueued()).toEqual([ids[1]]);
  });

  it('enqueues what is scheduled for later', async () => {
    const { relay, ids, run, enqueued } = await setUp({ health: recovered, dueInMs: [60_000] });

    await run();

    expect(enqueued()).toEqual(ids);
    expect(await relay.healthOf('erp')).toHaveProperty('recoveredAt');
  });

  it('records that its backlog is drained when nothing is left', async () => {
    const { relay, run, enqueued } = await setUp({ health: recovered });

    await run();

    expect(enqueued()).toEqual([]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('recoveredAt');
  });

  it('leaves the health of an endpoint alone that fails again meanwhile', async () => {
    const { relay, run } = await setUp({ health: recovered });
    const owed = relay.eventLog.owed.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'owed').mockImplementation(async (...input) => {
      await relay.config.health.change(ERP, (health) => ({ ...health, state: 'failing' }));
      return owed(...input);
    });

    await run();

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', ...recoveredAtAny });
  });

  const recoveredAtAny = { recoveredAt: expect.any(String) };
});

describe('the health row of a removed endpoint', () => {
  const gone = { goneSince: '2026-01-01T00:00:00Z' };

  it('records since when nothing is pending', async () => {
    const { relay, runRemoved } = await setUp({});

    await runRemoved();

    expect(await relay.healthOf('erp')).toMatchObject({ goneSince: relay.clock.now().toISOString() });
  });

  it('stays while a delivery is pending, which is enqueued', async () => {
    const { relay, ids, runRemoved, enqueued } = await setUp({ dueInMs: [60_000] });

    await runRemoved();

    expect(enqueued()).toEqual(ids);
    expect(await relay.healthOf('erp')).not.toHaveProperty('goneSince');
  });

  it.each<[string, object]>([
    ['is pending', {}],
    ['needs attention', { parts: { state: 'cancelled', owedTo: attentionOf(ERP) } }],
  ])('forgets its time when a delivery %s again', async (_, parts) => {
    const { relay, runRemoved } = await setUp({ health: gone, dueInMs: [0], ...parts });

    await runRemoved();

    expect(await relay.healthOf('erp')).not.toHaveProperty('goneSince');
  });

  it.each([
    ['before ten minutes', TEN_MINUTES_MS - 1, true],
    ['after ten minutes', TEN_MINUTES_MS, false],
  ])('is not removed %s', async (_, ms, stays) => {
    const { relay, runRemoved } = await setUp({});
    await runRemoved();
    relay.clock.advance(ms);
    await relay.config.endpoints();

    await runRemoved();

    expect((await relay.configTable.healthRow(ERP)) !== undefined).toBe(stays);
  });

  it('forgets its time when the endpoint is added again, and is not written otherwise', async () => {
    const again = await setUp({ health: gone });
    const never = await setUp({});
    const update = vi.spyOn(never.relay.configTable, 'updateHealth');

    await again.run();
    await never.run();

    expect(await again.relay.healthOf('erp')).not.toHaveProperty('goneSince');
    expect(update).not.toHaveBeenCalled();
  });

  it('is not written while a delivery is pending and no time is recorded', async () => {
    const { relay, runRemoved } = await setUp({ dueInMs: [60_000] });
    const update = vi.spyOn(relay.configTable, 'updateHealth');

    await runRemoved();

    expect(update).not.toHaveBeenCalled();
  });
});
