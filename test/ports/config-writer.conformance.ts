/** The contract of the ConfigWriter port. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigWriter } from '../../lib/relay/ports/operator.ts';

/** @param make gives a writer of an empty table */
export function describeConfigWriter(name: string, make: () => Promise<ConfigWriter>): void {
  describe(name, () => {
    let writer: ConfigWriter;
    beforeEach(async () => {
      writer = await make();
    });

    it('reads no row where none was added', async () => {
      expect(await writer.row('endpoint', 'erp')).toBeUndefined();
    });

    it('reads an added row, with the id apart from the attributes', async () => {
      const attributes = { url: 'https://erp.example/hook', sources: ['main'], timeoutSeconds: 5 };

      expect(await writer.add('endpoint', 'erp', attributes)).toBe(true);

      expect(await writer.row('endpoint', 'erp')).toEqual({ id: 'erp', attributes });
    });

    it('does not add a row over an existing one', async () => {
      await writer.add('source', 'main', { enabled: true });

      expect(await writer.add('source', 'main', { enabled: false })).toBe(false);

      expect((await writer.row('source', 'main'))?.attributes).toEqual({ enabled: true });
    });

    it('keeps an endpoint and a source with the same id apart', async () => {
      await writer.add('source', 'main', { enabled: true });

      expect(await writer.add('endpoint', 'main', { url: 'https://erp.example' })).toBe(true);
      expect(await writer.remove('source', 'main')).toBe(true);

      expect(await writer.row('endpoint', 'main')).toBeDefined();
    });

    it('changes the given attributes, removes those given as null, and leaves the others', async () => {
      await writer.add('endpoint', 'erp', { state: 'enabled', ordering: 'strict', description: 'ERP' });

      expect(await writer.change('endpoint', 'erp', { state: 'disabled', ordering: null })).toBe(true);

      expect((await writer.row('endpoint', 'erp'))?.attributes).toEqual({
        state: 'disabled',
        description: 'ERP',
      });
    });

    it('neither changes nor removes a row that does not exist', async () => {
      expect(await writer.change('endpoint', 'erp', { state: 'disabled' })).toBe(false);
      expect(await writer.remove('endpoint', 'erp')).toBe(false);
      expect(await writer.row('endpoint', 'erp')).toBeUndefined();
    });

    it('removes a row', async () => {
      await writer.add('endpoint', 'erp', { state: 'enabled' });

      expect(await writer.remove('endpoint', 'erp')).toBe(true);

      expect(await writer.row('endpoint', 'erp')).toBeUndefined();
    });
  });
}
