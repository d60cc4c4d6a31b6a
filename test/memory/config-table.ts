/** The ConfigTable port in memory, with what a person would do to its rows in the DynamoDB console. */
import type { EndpointId } from '../../lib/relay/ids.ts';
import type { ConfigKind, ConfigRow, ConfigTable } from '../../lib/relay/ports.ts';

export class MemoryConfigTable implements ConfigTable {
  readonly #rows = new Map<ConfigKind, Map<string, ConfigRow>>([
    ['endpoint', new Map()],
    ['source', new Map()],
    ['health', new Map()],
  ]);

  async rows(kind: ConfigKind): Promise<ConfigRow[]> {
    return [...this.#ofKind(kind).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async putHealthIfAbsent(endpointId: EndpointId): Promise<void> {
    if (!this.#ofKind('health').has(endpointId)) this.put('health', endpointId, { state: 'closed' });
  }

  put(kind: ConfigKind, id: string, attributes: ConfigRow['attributes']): void {
    this.#ofKind(kind).set(id, { id, attributes });
  }

  remove(kind: ConfigKind, id: string): void {
    this.#ofKind(kind).delete(id);
  }

  #ofKind(kind: ConfigKind): Map<string, ConfigRow> {
    const rows = this.#rows.get(kind);
    if (rows === undefined) throw new Error(`no rows of kind ${kind}`);
    return rows;
  }
}
