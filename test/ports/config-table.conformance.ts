/** The contract of the ConfigTable port. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigKind, ConfigTable } from '../../lib/relay/ports/config-table.ts';
import { anEndpointId } from './builders.ts';

export interface ConfigTableSubject {
  readonly table: ConfigTable;
  /** Writes a row as a person would. */
  put(kind: ConfigKind, id: string, attributes: Readonly<Record<string, unknown>>): Promise<void>;
}

/** @param make gives an empty table */
export function describeConfigTable(name: string, make: () => Promise<ConfigTableSubject>): void {
  describe(name, () => {
    let table: ConfigTable;
    let put: ConfigTableSubject['put'];
    beforeEach(async () => {
      ({ table, put } = await make());
    });

    it('gives the rows of one kind, with the id apart from the attributes', async () => {
      await put('endpoint', 'erp', { url: 'https://erp.example/hook', sources: ['main'], timeoutSeconds: 5 });
      await put('source', 'main', { enabled: true });

      expect(await table.rows('endpoint')).toEqual([
        { id: 'erp', attributes: { url: 'https://erp.example/hook', sources: ['main'], timeoutSeconds: 5 } },
      ]);
    });

    it('gives a row whatever a person wrote into it', async () => {
      const attributes = { url: 17, state: null, headers: { nested: [true, ''] } };
      await put('endpoint', '#?', attributes);

      expect(await table.rows('endpoint')).toEqual([{ id: '#?', attributes }]);
    });

    it('gives a row at once that was just written, when the read is consistent', async () => {
      await put('source', 'main', { enabled: true });

      expect(await table.rows('source', { consistent: true })).toEqual([
        { id: 'main', attributes: { enabled: true } },
      ]);
    });

    it('gives none of a kind that has none', async () => {
      expect(await table.rows('health')).toEqual([]);
    });

    it('gives more rows than fit a page', async () => {
      const description = 'x'.repeat(50_000);
      const ids = Array.from({ length: 30 }, (_, index) => `endpoint-${index}`);
      await Promise.all(ids.map((id) => put('endpoint', id, { description })));

      const found = await table.rows('endpoint');

      expect(found.map(({ id }) => id).sort()).toEqual(ids.sort());
    });

    it('has no health row of an endpoint of which nothing is known', async () => {
      expect(await table.healthRow(anEndpointId('erp'))).toBeUndefined();
    });

    it('makes a health row, and changes it as long as it says what was read', async () => {
      const erp = anEndpointId('erp');
      const retryAt = new Date('2026-03-01T12:00:00.000Z');

      expect(
        await table.updateHealth(erp, { version: undefined }, { state: 'failing', retryAt, version: 1 }),
      ).toBe(true);
      expect(await table.updateHealth(erp, { version: 1, retryAt }, { retryAt: null, version: 2 })).toBe(
        true,
      );
      expect(await table.healthRow(erp)).toEqual({ id: 'erp', attributes: { state: 'failing', version: 2 } });
    });

    it('leaves a health row alone that says something else by now', async () => {
      const erp = anEndpointId('erp');
      await put('health', 'erp', { state: 'failing', version: 7 });

      expect(await table.updateHealth(erp, { version: 6 }, { state: 'ok' })).toBe(false);
      expect(await table.updateHealth(erp, { version: undefined }, { state: 'ok' })).toBe(false);
      expect(await table.removeHealth(erp, { version: 6 })).toBe(false);
      expect(await table.rows('health')).toEqual([
        { id: 'erp', attributes: { state: 'failing', version: 7 } },
      ]);
    });

    it.each([
      ['a text', 'latest'],
      ['a number', -1.5],
      ['true', true],
      ['null', null],
      ['a list', [1, 'two', [null]]],
      ['a map', { is: 7, of: ['a'] }],
    ])('changes a health row whose attribute is as a person wrote it: %s', async (_, version) => {
      const erp = anEndpointId('erp');
      await put('health', 'erp', { version });

      expect(await table.updateHealth(erp, { version: 'something else' }, { version: 1 })).toBe(false);
      expect(await table.updateHealth(erp, { version }, { refusedOrders: ['a', 'b'] })).toBe(true);
      expect(await table.updateHealth(erp, { version }, { version: 1 })).toBe(true);
      expect(await table.removeHealth(erp, { version })).toBe(false);
      expect((await table.healthRow(erp))?.attributes).toEqual({ version: 1, refusedOrders: ['a', 'b'] });
    });

    it('compares only the type of a list or a map', async () => {
      const erp = anEndpointId('erp');
      await put('health', 'erp', { version: [1], lockId: { is: 7 } });

      expect(await table.updateHealth(erp, { version: { is: 7 } }, { version: 1 })).toBe(false);
      expect(await table.updateHealth(erp, { lockId: [1] }, { version: 1 })).toBe(false);
      expect(await table.updateHealth(erp, { version: [2], lockId: { is: 8 } }, { version: 1 })).toBe(true);
    });

    it('lets one of many change it at the same time', async () => {
      const erp = anEndpointId('erp');
      const slot = new Date('2026-03-01T12:00:00.000Z');
      await table.updateHealth(erp, { version: undefined }, { nextSlotAt: slot });

      const changed = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          table.updateHealth(erp, { nextSlotAt: slot }, { nextSlotAt: new Date(slot.getTime() + n + 1) }),
        ),
      );

      expect(changed.filter(Boolean)).toHaveLength(1);
      expect((await table.healthRow(erp))?.attributes).toEqual({
        nextSlotAt: new Date(slot.getTime() + changed.indexOf(true) + 1).toISOString(),
      });
    });

    it('makes a change that depends on several attributes only when all are as they were read', async () => {
      const erp = anEndpointId('erp');
      await put('health', 'erp', { state: 'failing', version: 7 });

      expect(await table.updateHealth(erp, { version: 7, state: 'ok' }, { version: 8 })).toBe(false);
      expect(await table.updateHealth(erp, { version: 7, goneSince: undefined }, { version: 8 })).toBe(true);
    });

    it('leaves what a person noted in a health row', async () => {
      await put('health', 'erp', { state: 'failing', version: 7, 'called them': 'on Monday' });

      await table.updateHealth(anEndpointId('erp'), { version: 7 }, { state: 'ok', reason: null });

      expect((await table.healthRow(anEndpointId('erp')))?.attributes).toEqual({
        state: 'ok',
        version: 7,
        'called them': 'on Monday',
      });
    });

    it('keeps the health of endpoints apart whose ids look alike', async () => {
      const ids = ['erp', 'ERP', 'erp ', 'erp.1', 'ünï'].map(anEndpointId);

      for (const [n, id] of ids.entries())
        await table.updateHealth(id, { version: undefined }, { version: n + 1 });

      for (const [n, id] of ids.entries())
        expect(await table.healthRow(id)).toEqual({ id, attributes: { version: n + 1 } });
    });

    it('removes nothing where there is no health row that says so', async () => {
      expect(await table.removeHealth(anEndpointId('erp'), { version: 7 })).toBe(false);
    });

    it('removes a health row that says what was read', async () => {
      await put('health', 'erp', { state: 'ok', version: 7 });

      expect(await table.removeHealth(anEndpointId('erp'), { version: 7 })).toBe(true);
      expect(await table.rows('health')).toEqual([]);
    });
  });
}
