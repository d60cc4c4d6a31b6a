import { describe, expect, it, vi } from 'vitest';
import { type Health, UNKNOWN_HEALTH } from '../../../lib/relay/health/health.ts';
import { HealthStore } from '../../../lib/relay/health/health-store.ts';
import { MemoryConfigTable } from '../../memory/config-table.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { NOON, seconds } from '../attempts.ts';
import { StandingClock } from '../standing-clock.ts';

const ERP = anEndpointId('erp');

function aStore(attributes?: Record<string, unknown>) {
  const table = new MemoryConfigTable();
  if (attributes !== undefined) table.put('health', ERP, attributes);
  const telemetry = new MemoryTelemetry();
  const clock = new StandingClock();
  const store = new HealthStore(table, telemetry, clock);
  return { clock, table, telemetry, store, write: vi.spyOn(table, 'updateHealth') };
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

    store.replace(new Map(), 0);

    expect(store.ids()).toEqual([]);
  });
});

describe('a read of health rows that ends after this function wrote one', () => {
  const asBefore = new Map([[ERP, { id: ERP, attributes: { state: 'ok', version: 1 } }]]);

  it.each([
    ['is ignored for it, when the read began before the write', 0, 2],
    ['is ignored for it within a second, because reads lag behind', 1_000, 2],
    ['replaces it a second later', 1_001, 1],
  ])('%s', async (_, startedAfterMs, version) => {
    const { clock, store } = aStore({ state: 'ok', version: 1 });
    await store.reread(ERP);
    const writtenAtMs = clock.monotonicMs();
    await store.change(ERP, failedOnce);

    store.replace(asBefore, writtenAtMs + startedAfterMs);

    expect(store.row(ERP)).toMatchObject({ version });
    expect(store.row(ERP).health.consecutiveFailures).toBe(version - 1);
  });

  it('replaces it when another function has written it since', async () => {
    const { clock, store } = aStore({ state: 'ok', version: 1 });
    await store.reread(ERP);
    await store.change(ERP, failedOnce);
    const newer = { id: ERP, attributes: { state: 'disabled', version: 3 } };

    store.replace(new Map([[ERP, newer]]), clock.monotonicMs());

    expect(store.row(ERP)).toMatchObject({ health: { state: 'disabled' }, version: 3 });
  });

  it('is not cached when it is a read of the one row, and the reader gets it', async () => {
    const { table, store } = aStore({ state: 'ok', version: 1 });
    await store.reread(ERP);
    const read = table.healthRow.bind(table);
    vi.spyOn(table, 'healthRow').mockImplementationOnce(async (id) => {
      const row = await read(id);
      await store.change(ERP, failedOnce);
      return row;
    });

    expect(await store.reread(ERP)).toMatchObject({ version: 1 });

    expect(store.row(ERP)).toMatchObject({ version: 2 });
  });
});

describe('a row that is reread at intervals', () => {
  it('is still created before the first delivery when there was none', async () => {
    const { table, store } = aStore();
    await store.rereadEvery(ERP, 250);

    await store.ensure(ERP);

    expect((await table.healthRow(ERP))?.attributes).toEqual({ state: 'ok', version: 1 });
  });

  it('is read once by callers within the interval, and again after it', async () => {
    const { clock, table, store } = aStore({ state: 'ok', version: 1 });
    const read = vi.spyOn(table, 'healthRow');

    await Promise.all([store.rereadEvery(ERP, 250), store.rereadEvery(ERP, 250)]);
    clock.advance(249);
    await store.rereadEvery(ERP, 250);
    expect(read).toHaveBeenCalledOnce();

    clock.advance(1);
    await store.rereadEvery(ERP, 250);
    expect(read).toHaveBeenCalledTimes(2);
    expect(store.row(ERP)).toMatchObject({ version: 1 });
  });
});

describe('a health row that is read again', () => {
  it('is parsed only if it has changed', async () => {
    const { table, store } = aStore({ state: 'ok', provenAt: NOON.toISOString(), refusedOrders: ['1'] });
    const { health } = await store.reread(ERP);
    const { refusedOrders } = health;
    table.put('health', ERP, { state: 'ok', provenAt: NOON.toISOString(), refusedOrders: ['1'] });

    expect((await store.reread(ERP)).health.refusedOrders).toBe(refusedOrders);

    table.put('health', ERP, { state: 'ok', provenAt: NOON.toISOString(), refusedOrders: ['1', '2'] });

    expect((await store.reread(ERP)).health.refusedOrders).toEqual(['1', '2']);
  });

  it('has a time that was too far ahead once the clock has reached it', async () => {
    const { clock, store } = aStore({ state: 'ok', lastSuccessAt: seconds(3_600).toISOString() });

    expect((await store.reread(ERP)).health.lastSuccessAt).toBeUndefined();
    clock.advance(3_600_000);

    expect((await store.reread(ERP)).health.lastSuccessAt).toEqual(seconds(3_600));
  });
});
