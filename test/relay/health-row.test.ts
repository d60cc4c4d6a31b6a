import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../lib/relay/delivery.ts';
import {
  closing,
  HEALTH_STATES,
  type Health,
  healthAfter,
  recoveringOn,
  startingToRecover,
  takingProbe,
  UNKNOWN_HEALTH,
} from '../../lib/relay/health.ts';
import { healthAttributes, parseHealthRow } from '../../lib/relay/health-row.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { anEndpointId } from '../ports/builders.ts';
import { seconds } from './attempts.ts';

const ERP = anEndpointId('erp');

describe('any history of an endpoint', () => {
  it('leaves a closed circuit without a word of an outage', () => {
    fc.assert(
      fc.property(histories, (health) => {
        fc.pre(health.state === 'closed');
        expect(health).not.toHaveProperty('retryAt');
        expect(health).not.toHaveProperty('probeIntervalSeconds');
        expect(health).not.toHaveProperty('wakesPerMinute');
        expect(health).not.toHaveProperty('reason');
      }),
    );
  });

  it('leaves an open circuit with a moment for its next probe, one that is recovering with a quota', () => {
    fc.assert(
      fc.property(histories, (health) => {
        expect(health.retryAt !== undefined).toBe(health.state === 'open');
        expect(health.probeIntervalSeconds !== undefined).toBe(health.state === 'open');
        expect(health.wakesPerMinute !== undefined).toBe(health.state === 'recovering');
        expect(health.reason !== undefined).toBe(health.state !== 'closed');
      }),
    );
  });

  it('keeps probes between a minute and fifteen apart, and quotas between 10 and 640', () => {
    fc.assert(
      fc.property(histories, ({ probeIntervalSeconds = 60, wakesPerMinute = 10 }) => {
        expect(probeIntervalSeconds).toBeGreaterThanOrEqual(60);
        expect(probeIntervalSeconds).toBeLessThanOrEqual(900);
        expect(wakesPerMinute).toBeGreaterThanOrEqual(10);
        expect(wakesPerMinute).toBeLessThanOrEqual(640);
      }),
    );
  });

  it('takes it for proven or for slow, or for neither, but never for both', () => {
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

        expect(parseHealthRow(await table.healthRow(ERP))).toEqual({ health, version: 7 });
      }),
    );
  });
});

describe('a health row', () => {
  it('may be missing: then nothing is known', () => {
    expect(parseHealthRow(undefined)).toEqual({ health: UNKNOWN_HEALTH });
  });

  it('may be edited by a person: what is wrong in it is left out, and nothing else', () => {
    const attributes = {
      state: 'open',
      reason: 17,
      retryAt: 'tomorrow',
      failingSince: '2026-03-01T12:00:00Z',
      consecutiveFailures: -3,
      probeIntervalSeconds: 'sixty',
      note: 'called them, they are on it',
      version: 4,
      nextSlotAt: null,
    };

    expect(parseHealthRow({ id: 'erp', attributes })).toEqual({
      health: { state: 'open', consecutiveFailures: 0, failingSince: seconds(0) },
      version: 4,
    });
  });

  it('counts as closed when its state is none', () => {
    expect(parseHealthRow({ id: 'erp', attributes: { state: 'broken' } }).health).toEqual(UNKNOWN_HEALTH);
  });

  it('can be read whatever is in it', () => {
    fc.assert(
      fc.property(fc.dictionary(attributeNames, fc.anything()), (attributes) => {
        expect(HEALTH_STATES).toContain(parseHealthRow({ id: 'erp', attributes }).health.state);
      }),
    );
  });
});

const attributeNames = fc.constantFrom(
  ...Object.keys(healthAttributes(UNKNOWN_HEALTH)),
  'version',
  'goneSince',
  'deliveringId',
  'deliveringUntil',
  'nextSlotAt',
);

type Step = (health: Health, now: Date) => Health;

const attempt =
  (parts: Omit<Attempt, 'at'>): Step =>
  (health, at) =>
    healthAfter(health, { at, ...parts });

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
  fc.constant((health: Health, now: Date) => takingProbe(health, now) ?? health),
  // What sweep does, by the state that it finds.
  fc.constant((health: Health) =>
    health.state === 'closed' ? startingToRecover(health, 'it has a backlog') : health,
  ),
  fc.constant((health: Health) => (health.state === 'recovering' ? recoveringOn(health) : health)),
  fc.constant((health: Health) => (health.state === 'recovering' ? closing(health) : health)),
);

/** The health after any number of attempts, probes and sweeps, on clocks that differ a little. */
const histories: fc.Arbitrary<Health> = fc
  .array(fc.tuple(steps, fc.integer({ min: -2, max: 4_000 })), { maxLength: 60 })
  .map((history) => {
    let atSeconds = 0;
    return history.reduce((health, [step, passed]) => {
      atSeconds += passed;
      return step(health, seconds(atSeconds));
    }, UNKNOWN_HEALTH);
  });
