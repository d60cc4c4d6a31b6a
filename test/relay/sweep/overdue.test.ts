import { describe, expect, it } from 'vitest';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import { aDelivery, anEndpointId, anEventId, anOrderKey } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const MINUTE_MS = 60_000;

type Row = Omit<Partial<DeliveryAttributes>, 'nextAttemptAt'> & {
  /** Minutes since its attempt was due; negative when it is scheduled. */
  readonly attemptDue?: number;
};

/** A sweep over deliveries that became due a moment ago, whatever their age; one order each unless they name one. */
async function swept(
  rows: readonly Row[],
  attributes: Record<string, unknown> = {},
  health: Record<string, unknown> = {},
) {
  const relay = aRelay();
  relay.newEndpoint('erp', attributes);
  relay.health('erp', { state: 'ok', version: 1, ...health });
  const ago = (minutes: number) => laterBy(relay.clock.now(), -minutes * MINUTE_MS);
  for (const { attemptDue, ...parts } of rows) {
    relay.clock.advance(1);
    await relay.eventLog.putDeliveryIfAbsent(
      aDelivery({
        orderKey: anOrderKey(),
        eventId: anEventId(relay.clock),
        endpointId: ERP,
        owedSince: ago(5_000),
        dueAt: laterBy(relay.clock.now(), -1_000),
        ...(attemptDue !== undefined && { nextAttemptAt: ago(attemptDue) }),
        ...parts,
      }),
    );
  }
  relay.clock.advance(1_000);
  await relay.sweep();
  const { counts } = relay.telemetry;
  return {
    minutes: Math.round((counts.get('OldestOwedSeconds') ?? 0) / 60),
    isLate: counts.get('WorkFailures') !== undefined,
    overdue: counts.get('OwedOverdue'),
  };
}

describe('the age of overdue deliveries', () => {
  it('counts from the time that was scheduled for the attempt, however often a run has died with a lease since', async () => {
    const leased = { state: 'leased', leaseId: 'of a dead run' } as const;
    const leaseUntil = new Date(0);

    expect(await swept([{ ...leased, leaseUntil, attemptDue: 20 }, { attemptDue: 2 }])).toEqual({
      minutes: 20,
      isLate: true,
      overdue: 2,
    });
  });

  it('is not late before fifteen minutes', async () => {
    expect(await swept([{ attemptDue: 14 }])).toEqual({ minutes: 14, isLate: false, overdue: 1 });
  });

  it('has nothing of a retry that is scheduled, although its message is overdue', async () => {
    expect(await swept([{ attemptDue: -60 }])).toEqual({ minutes: 0, isLate: false, overdue: 1 });
  });

  it('has nothing of a delivery that an invocation is sending', async () => {
    const leaseUntil = laterBy(aRelay().clock.now(), 30_000);

    expect(await swept([{ state: 'leased', leaseId: 'lease', leaseUntil, attemptDue: 20 }])).toMatchObject({
      minutes: 0,
    });
  });

  it('counts from the recovery of the endpoint for deliveries that were parked until then', async () => {
    const recoveredAt = laterBy(aRelay().clock.now(), -3 * MINUTE_MS).toISOString();

    expect(await swept([{}, { attemptDue: 600 }], {}, { recoveredAt })).toMatchObject({
      minutes: 3,
      isLate: false,
    });
  });

  it('has nothing of a failing endpoint, whose deliveries are parked', async () => {
    const failing = { state: 'failing', consecutiveFailures: 5, failingSince: '2026-01-01T00:00:00Z' };

    expect(await swept([{ attemptDue: 600 }], {}, failing)).toMatchObject({ minutes: 0, overdue: undefined });
  });

  it('has nothing of a delivery that waits for the scheduled retry of an earlier one of its order', async () => {
    const order = { orderKey: ORDER };
    const waiting = [
      { ...order, attemptDue: -60 },
      { ...order, attemptDue: 50 },
    ];

    expect(await swept(waiting, { ordering: 'strict' })).toMatchObject({ minutes: 0 });
    expect(await swept(waiting, { ordering: 'none' })).toMatchObject({ minutes: 50 });
  });

  it('counts for a settled delivery while its outcome is to be written', async () => {
    const settledAt = laterBy(aRelay().clock.now(), -30 * MINUTE_MS);

    expect(await swept([{ state: 'dead', settledAt }])).toMatchObject({ minutes: 30, isLate: true });
  });

  it('has nothing of another endpoint in the same order', async () => {
    const other = { endpointId: anEndpointId('shop'), owedTo: 'shop', orderKey: ORDER, attemptDue: 50 };

    expect(await swept([{ orderKey: ORDER, attemptDue: 1 }, other])).toMatchObject({
      minutes: 1,
      overdue: 1,
    });
  });

  it('is read from a random twenty of the orders', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    for (let count = 0; count < 50; count++)
      await relay.eventLog.putDeliveryIfAbsent(
        aDelivery({ orderKey: anOrderKey(), endpointId: ERP, dueAt: laterBy(relay.clock.now(), -1_000) }),
      );
    const read: string[] = [];
    const { deliveries } = relay.eventLog;
    relay.eventLog.deliveries = (orderKey) => {
      read.push(orderKey);
      return deliveries.call(relay.eventLog, orderKey);
    };

    relay.draws(() => 0.9);
    await relay.sweep();
    relay.draws(() => 0);
    await relay.sweep();

    expect(new Set(read.slice(0, 20)).size).toBe(20);
    expect(read).toHaveLength(40);
    // The first part begins with the last five of the list, and goes on with its first fifteen.
    expect(new Set(read).size).toBe(25);
  });
});

describe('the age of overdue events', () => {
  it('counts from their reception, and makes them late after fifteen minutes', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.eventQueue.take();
    for (let minute = 0; minute < 14; minute++) {
      relay.minutes(1);
      await relay.sweep();
    }
    expect(relay.telemetry.counts.get('WorkFailures')).toBeUndefined();

    for (let minute = 0; minute < 3; minute++) {
      relay.minutes(1);
      await relay.sweep();
    }

    expect(relay.telemetry.counts.get('WorkFailures')).toBeGreaterThanOrEqual(1);
    expect(relay.telemetry.log.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'work is late', fields: { list: expect.stringMatching(/^fan-out#\d$/) } },
    ]);
  });
});
