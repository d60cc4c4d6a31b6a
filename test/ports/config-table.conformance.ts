/** What every implementation of the ConfigTable port promises. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigKind, ConfigTable } from '../../lib/relay/ports.ts';
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
        await table.updateHealth(erp, { version: undefined }, { state: 'open', retryAt, version: 1 }),
      ).toBe(true);
      expect(await table.updateHealth(erp, { version: 1, retryAt }, { retryAt: null, version: 2 })).toBe(
        true,
      );
      expect(await table.healthRow(erp)).toEqual({ id: 'erp', attributes: { state: 'open', version: 2 } });
    });

    it('leaves a health row alone that says something else by now', async () => {
      const erp = anEndpointId('erp');
      await put('health', 'erp', { state: 'open', version: 7 });

      expect(await table.updateHealth(erp, { version: 6 }, { state: 'closed' })).toBe(false);
      expect(await table.updateHealth(erp, { version: undefined }, { state: 'closed' })).toBe(false);
      expect(await table.removeHealth(erp, { version: 6 })).toBe(false);
      expect(await table.rows('health')).toEqual([{ id: 'erp', attributes: { state: 'open', version: 7 } }]);
    });

    it('removes a health row that says what was read', async () => {
      await put('health', 'erp', { state: 'closed', version: 7 });

      expect(await table.removeHealth(anEndpointId('erp'), { version: 7 })).toBe(true);
      expect(await table.rows('health')).toEqual([]);
    });
  });
}
