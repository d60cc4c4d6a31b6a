import { describe, expect, it, vi } from 'vitest';
import { UNKNOWN_HEALTH } from '../../../lib/relay/health/health.ts';
import { HealthStore } from '../../../lib/relay/health/health-store.ts';
import { NoticeLedger, stateToNotify } from '../../../lib/relay/health/notice-ledger.ts';
import { MemoryConfigTable } from '../../memory/config-table.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { FAILING, NOON, seconds } from '../attempts.ts';
import { StandingClock } from '../standing-clock.ts';

const ERP = anEndpointId('erp');

describe('the state that notices report', () => {
  it.each([
    ['ok', UNKNOWN_HEALTH, 'failing', 'ok'],
    ['disabled', { ...UNKNOWN_HEALTH, state: 'disabled' }, 'ok', 'disabled'],
    ['failing after five failures', FAILING, 'ok', 'failing'],
    ['refusing after five orders', { ...UNKNOWN_HEALTH, refusedOrders: [...'abcde'] }, 'ok', 'refusing'],
    ['ok after four refused orders', { ...UNKNOWN_HEALTH, refusedOrders: [...'abcd'] }, 'refusing', 'ok'],
    [
      'what it was during a short wait that the endpoint asked for',
      { ...FAILING, consecutiveFailures: 1, retryAt: seconds(60) },
      'ok',
      'ok',
    ],
    [
      'disabled before, and during a short wait',
      { ...FAILING, consecutiveFailures: 1, retryAt: seconds(60) },
      'disabled',
      'disabled',
    ],
  ] as const)('is %s', (_, health, notified, expected) => {
    expect(stateToNotify(health, notified, NOON)).toBe(expected);
  });
});

describe('the ledger of notices', () => {
  function aLedger() {
    const table = new MemoryConfigTable();
    table.put('health', ERP, { state: 'ok' });
    const store = new HealthStore(table, new MemoryTelemetry(), new StandingClock());
    return { table, store, ledger: new NoticeLedger(store) };
  }

  it('starts with `ok`, and without a check for dead deliveries', () => {
    const { ledger } = aLedger();

    expect(ledger.notifiedState(ERP)).toBe('ok');
    expect(ledger.deadNotifiedUntil(ERP)).toBeUndefined();
  });

  it('returns what it recorded, in the function and in the next one', async () => {
    const { table, store, ledger } = aLedger();

    await ledger.recordState(ERP, 'failing');
    await ledger.recordDeadUntil(ERP, NOON);

    expect([ledger.notifiedState(ERP), ledger.deadNotifiedUntil(ERP)]).toEqual(['failing', NOON]);
    const row = await store.reread(ERP);
    expect(row).toMatchObject({ notifiedState: 'failing', deadNotifiedUntil: NOON });
    expect((await table.healthRow(ERP))?.attributes).toHaveProperty('state', 'ok');
  });

  it('records a second change on the condition of the first', async () => {
    const { table, ledger } = aLedger();
    const write = vi.spyOn(table, 'updateHealth');

    await ledger.recordState(ERP, 'failing');
    await ledger.recordState(ERP, 'ok');
    await ledger.recordDeadUntil(ERP, NOON);
    await ledger.recordDeadUntil(ERP, seconds(60));

    expect(write.mock.calls.map(([, expected]) => expected)).toEqual([
      { notifiedState: undefined },
      { notifiedState: 'failing' },
      { deadNotifiedUntil: undefined },
      { deadNotifiedUntil: NOON },
    ]);
    expect([ledger.notifiedState(ERP), ledger.deadNotifiedUntil(ERP)]).toEqual(['ok', seconds(60)]);
  });

  it('keeps what it knows when another sweep recorded first', async () => {
    const { table, ledger } = aLedger();
    table.put('health', ERP, { state: 'ok', notifiedState: 'failing' });

    await ledger.recordState(ERP, 'disabled');

    expect(ledger.notifiedState(ERP)).toBe('ok');
    expect((await table.healthRow(ERP))?.attributes).toHaveProperty('notifiedState', 'failing');
  });
});
