import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backlogDrained,
  cleared,
  HEALTH_STATES,
  type Health,
  healthAfter,
  probeTaken,
  UNKNOWN_HEALTH,
} from '../../../lib/relay/health/health.ts';
import { healthAttributes, parseHealthRow } from '../../../lib/relay/health/health-row.ts';
import { ANY_TIME } from '../../../lib/relay/model/clock.ts';
import type { Attempt } from '../../../lib/relay/model/delivery.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { MemoryConfigTable } from '../../memory/config-table.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { SOURCE } from '../a-relay.ts';
import { NOON, seconds } from '../attempts.ts';

const ERP = anEndpointId('erp');

describe('any history of an endpoint', () => {
  it('leaves a next probe exactly while it is failing, and a reason exactly while it is not ok', () => {
    fc.assert(
      fc.property(histories, ({ state, retryAt, probeIntervalSeconds, reason }) => {
        expect(retryAt !== undefined).toBe(state === 'failing');
        expect(probeIntervalSeconds !== undefined).toBe(state === 'failing');
        expect(reason !== undefined).toBe(state !== 'ok');
      }),
    );
  });

  it('leaves an endpoint that is ok with fewer than five failures', () => {
    fc.assert(
      fc.property(histories, ({ state, consecutiveFailures }) => {
        expect(state === 'ok' && consecutiveFailures >= 5).toBe(false);
      }),
    );
  });

  it('leaves the beginning of the failures exactly while failures are counted', () => {
    fc.assert(
      fc.property(histories, ({ consecutiveFailures, failingSince }) => {
        expect(failingSince !== undefined).toBe(consecutiveFailures > 0);
      }),
    );
  });

  it('keeps probes between one and 15 minutes apart', () => {
    fc.assert(
      fc.property(histories, ({ probeIntervalSeconds = 60 }) => {
        expect(probeIntervalSeconds).toBeGreaterThanOrEqual(60);
        expect(probeIntervalSeconds).toBeLessThanOrEqual(900);
      }),
    );
  });

  it('leaves an endpoint proven, slow or neither, but never both', () => {
    fc.assert(
      fc.property(histories, ({ provenAt, slowUntil }) => {
        expect(provenAt === undefined || slowUntil === undefined).toBe(true);
      }),
    );
  });

  it('can be read from the row that it is written to', async () => {
    await fc.assert(
      fc.asyncProperty(histories, histories, async (before, health) => {
        const table = new MemoryConfigTable();
        await table.updateHealth(ERP, {}, healthAttributes(before));
        await table.updateHealth(ERP, {}, { ...healthAttributes(health), version: 7 });

        expect(parseHealthRow(await table.healthRow(ERP), ANY_TIME)).toEqual({ health, version: 7 });
      }),
    );
  });
});

describe('a health row', () => {
  it('may be missing: then nothing is known of the endpoint', () => {
    expect(parseHealthRow(undefined, NOON)).toEqual({ health: UNKNOWN_HEALTH });
  });

  it('holds the delivery lock beside the health', () => {
    const attributes = {
      state: 'ok',
      lockId: 'a-lock',
      lockedUntil: '2026-03-01T12:00:00Z',
      inFlightLimit: 4,
      inFlightUntil: '2026-03-01T12:00:02Z',
      nextSendAt: '2026-03-01T12:00:01Z',
    };

    expect(parseHealthRow({ id: 'erp', attributes }, NOON)).toEqual({
      health: UNKNOWN_HEALTH,
      lockId: 'a-lock',
      lockedUntil: seconds(0),
      inFlightLimit: 4,
      inFlightUntil: seconds(2),
      nextSendAt: seconds(1),
    });
  });

  it('holds the bookkeeping of sweep and of notices', () => {
    const attributes = {
      version: 0,
      goneSince: '2026-03-01T12:00:02Z',
      notifiedState: 'refusing',
      deadNotifiedUntil: '2026-03-01T12:00:03Z',
      failedProbes: 3,
    };

    expect(parseHealthRow({ id: 'erp', attributes }, NOON)).toStrictEqual({
      health: { ...UNKNOWN_HEALTH, failedProbes: 3 },
      version: 0,
      goneSince: seconds(2),
      notifiedState: 'refusing',
      deadNotifiedUntil: seconds(3),
    });
  });

  it.each<[string, unknown]>([
    ['version', -1],
    ['version', 1.5],
    ['inFlightLimit', -1],
    ['probeIntervalSeconds', -1],
    ['failedProbes', '3'],
    ['goneSince', 'tomorrow'],
    ['nextSendAt', '2026-03-01'],
    ['lockId', 7],
    ['notifiedState', 'broken'],
    ['deadNotifiedUntil', 7],
    ['refusedOrders', 'a'],
    ['lastAnswer', 200],
  ])('counts as empty when a person wrote nothing but an invalid %s: %j', (name, value) => {
    expect(parseHealthRow({ id: 'erp', attributes: { [name]: value } }, NOON)).toStrictEqual({
      health: UNKNOWN_HEALTH,
    });
  });

  it('is written with null for each attribute that the health does not have', () => {
    const attributes = healthAttributes({ state: 'failing', consecutiveFailures: 2, retryAt: seconds(1) });

    expect(Object.entries(attributes).filter(([, value]) => value !== null)).toEqual([
      ['state', 'failing'],
      ['consecutiveFailures', 2],
      ['retryAt', seconds(1)],
    ]);
    expect(Object.keys(attributes)).toContain('refusedOrders');
  });

  it('may be edited by a person: an invalid attribute is left out, and nothing else', () => {
    const attributes = {
      state: 'failing',
      reason: 17,
      retryAt: 'tomorrow',
      failingSince: '2026-03-01T12:00:00Z',
      consecutiveFailures: -3,
      probeIntervalSeconds: 'sixty',
      recoveredAt: 'yesterday',
      note: 'called them, they are on it',
      version: 4,
      lockId: 12,
      lockedUntil: null,
      inFlightLimit: 1.5,
    };

    expect(parseHealthRow({ id: 'erp', attributes }, NOON)).toEqual({
      health: { state: 'failing', consecutiveFailures: 0, failingSince: seconds(0) },
      version: 4,
    });
  });

  it.each(['broken', 'closed', 'recovering', 17])('counts as ok when its state is unknown: %j', (state) => {
    expect(parseHealthRow({ id: 'erp', attributes: { state } }, NOON).health).toEqual(UNKNOWN_HEALTH);
  });

  it('can be read whatever is in it', () => {
    fc.assert(
      fc.property(fc.dictionary(attributeNames, fc.anything()), (attributes) => {
        expect(HEALTH_STATES).toContain(parseHealthRow({ id: 'erp', attributes }, NOON).health.state);
      }),
    );
  });

  const MINUTES = 60;
  const DAYS = 24 * 60 * MINUTES;

  it.each([
    ['slowUntil', 5 * MINUTES],
    ['failingSince', 0],
    ['lastSuccessAt', 0],
    ['lastAnswerAt', 0],
    ['refusedSince', 0],
    ['retryAt', 3 * DAYS],
    ['busyUntil', MINUTES],
    ['recoveredAt', 0],
    ['goneSince', 0],
    ['deadNotifiedUntil', 0],
  ])('has no %s that is further ahead than the relay writes it', (name, aheadSeconds) => {
    const read = (at: Date) => {
      const attributes = { state: 'failing', [name]: at.toISOString() };
      const { health, ...row } = parseHealthRow({ id: 'erp', attributes }, NOON);
      return name in health || name in row;
    };
    // A clock may be five minutes ahead.
    const longest = aheadSeconds + 5 * MINUTES;

    expect([longest - 1, longest, longest + 1].map((ahead) => read(seconds(ahead)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is proven, however far ahead the clock was that proved it', () => {
    const attributes = { state: 'ok', provenAt: '2030-01-01T00:00:00.000Z' };

    expect(parseHealthRow({ id: 'erp', attributes }, NOON).health).toHaveProperty('provenAt');
  });
});

const attributeNames = fc.constantFrom(
  ...Object.keys(healthAttributes(UNKNOWN_HEALTH)),
  'version',
  'goneSince',
  'lockId',
  'lockedUntil',
  'inFlightLimit',
  'inFlightUntil',
  'nextSendAt',
);

type Step = (health: Health, now: Date) => Health;

const attempt =
  (parts: Omit<Attempt, 'at'>): Step =>
  (health, at) =>
    // Each moment has an order of its own.
    healthAfter(health, { at, orderKey: orderKeyOf(SOURCE, at.toISOString()), isProbe: true, ...parts });

const statuses = fc.constantFrom(200, 204, 302, 400, 404, 500, 503);
const durations = fc.constantFrom(20, 2_000, 2_001, 10_000);
const waits = fc.integer({ min: 1, max: 86_400 });

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ status: statuses, durationMs: durations }).map(attempt) },
  { weight: 6, arbitrary: fc.record({ error: fc.constant('refused'), durationMs: durations }).map(attempt) },
  fc
    .record({ status: fc.constantFrom(429, 503), durationMs: durations, retryAfterSeconds: waits })
    .map(attempt),
  fc.constant(attempt({ status: 410, durationMs: 20 })),
  fc.constant((health: Health, now: Date) => probeTaken(health, now) ?? health),
  // Deliver does it at the end of the endpoint's list.
  fc.constant((health: Health) => (health.state === 'ok' ? backlogDrained(health) : health)),
  // An operator does it.
  fc.constant(cleared),
);

/** The health after any number of attempts, probes and changes, on clocks that differ by up to two seconds. */
const histories: fc.Arbitrary<Health> = fc
  .array(fc.tuple(steps, fc.integer({ min: -2, max: 4_000 })), { maxLength: 60 })
  .map((history) => {
    let atSeconds = 0;
    return history.reduce((health, [step, passed]) => {
      atSeconds += passed;
      return step(health, seconds(atSeconds));
    }, UNKNOWN_HEALTH);
  });
