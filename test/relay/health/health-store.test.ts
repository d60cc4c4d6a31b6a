import { describe, expect, it, vi } from 'vitest';
import { type Health, UNKNOWN_HEALTH } from '../../../lib/relay/health/health.ts';
import { HealthStore } from '../../../lib/relay/health/health-store.ts';
import { MemoryConfigTable } from '../../memory/config-table.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { NOON } from '../attempts.ts';
import { StandingClock } from '../standing-clock.ts';

const ERP = anEndpointId('erp');

function aStore(attributes?: Record<string, unknown>) {
  const table = new MemoryConfigTable();
  if (attributes !== undefined) table.put('health', ERP, attributes);
  const telemetry = new MemoryTelemetry();
  const store = new HealthStore(table, telemetry, new StandingClock());
  return { table, telemetry, store, write: vi.spyOn(table, 'updateHealth') };
}

const failedOnce = (health: Health): Health => ({
  ...health,
  consecutiveFailures: health.consecutiveFailures + 1,
});

describe('a change of health', () => {
  it('is written under the next version, and cached', async () => {
    const { table, store } = aStore({ state: 'ok', version: 3 });
    await store.reread(ERP);

    expect(await store.change(ERP, failedOnce)).toMatchObject({ consecutiveFailures: 1 });

    expect(store.row(ERP)).toMatchObject({ health: { consecutiveFailures: 1 }, version: 4 });
    expect((await table.healthRow(ERP))?.attributes).toMatchObject({ consecutiveFailures: 1, version: 4 });
  });

  it('is decided again when another function wrote the row first', async () => {
    const { store } = aStore({ state: 'ok', consecutiveFailures: 2, version: 3 });

    expect(await store.change(ERP, failedOnce)).toMatchObject({ consecutiveFailures: 3 });
  });

  it.each([
    ['undefined', () => undefined],
    ['the same', (health: Health) => health],
  ])('is not written when the decision is %s', async (_, decide) => {
    const { store, write } = aStore({ state: 'ok' });

    expect(await store.change(ERP, decide)).toBeUndefined();
    expect(write).not.toHaveBeenCalled();
  });

  it('is dropped and logged when it loses five races', async () => {
    const { store, telemetry, write } = aStore({ state: 'ok', version: 1 });
    write.mockResolvedValue(false);

    expect(await store.change(ERP, failedOnce)).toBeUndefined();

    expect(write).toHaveBeenCalledTimes(5);
    expect(telemetry.log).toMatchObject([{ level: 'warn', fields: { endpointId: ERP } }]);
  });
});

describe('the health row of an endpoint', () => {
  it('is created once', async () => {
    const { table, store, write } = aStore();

    await store.ensure(ERP);
    await store.ensure(ERP);

    expect((await table.healthRow(ERP))?.attributes).toEqual({ state: 'ok', version: 1 });
    expect(write).toHaveBeenCalledTimes(1);
    expect(store.ids()).toEqual([ERP]);
    expect(store.row(ERP)).toEqual({ health: UNKNOWN_HEALTH });
  });

  it('is left as it is when another function created it', async () => {
    const { table, store } = aStore({ state: 'failing', version: 7 });

    await store.ensure(ERP);

    expect((await table.healthRow(ERP))?.attributes).toEqual({ state: 'failing', version: 7 });
  });

  it('keeps what was read while it was created', async () => {
    const { store, write } = aStore({ state: 'failing', version: 7 });
    write.mockImplementationOnce(async () => {
      await store.reread(ERP);
      return false;
    });

    await store.ensure(ERP);

    expect(store.row(ERP)).toMatchObject({ health: { state: 'failing' }, version: 7 });
  });

  it('records and forgets since when a removed endpoint has nothing left', async () => {
    const { table, store } = aStore({ state: 'ok', version: 1 });
    await store.reread(ERP);

    await store.setGoneSince(ERP, NOON);
    expect((await table.healthRow(ERP))?.attributes).toMatchObject({
      goneSince: NOON.toISOString(),
      version: 2,
    });

    await store.reread(ERP);
    await store.setGoneSince(ERP, null);
    expect((await table.healthRow(ERP))?.attributes).toEqual({ state: 'ok', version: 3 });
  });

  it('is removed only in the version that was read', async () => {
    const { table, store } = aStore({ state: 'ok', version: 1 });
    await store.reread(ERP);
    table.put('health', ERP, { state: 'ok', version: 2 });

    await store.remove(ERP);
    expect(await table.healthRow(ERP)).toBeDefined();

    await store.reread(ERP);
    await store.remove(ERP);
    expect(await table.healthRow(ERP)).toBeUndefined();
  });

  it('is replaced in the cache by a fresh read of all rows', async () => {
    const { store } = aStore({ state: 'ok', version: 1 });
    await store.reread(ERP);
    store.cache(ERP, { lockId: 'held' });
    expect(store.row(ERP)).toMatchObject({ lockId: 'held', version: 1 });

    store.replace(new Map());

    expect(store.ids()).toEqual([]);
  });
});
