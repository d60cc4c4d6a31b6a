/** The ConfigTable port in memory, with what a person would do to its rows in the DynamoDB console. */
import type { EndpointId } from '../../lib/relay/model/ids.ts';
import type {
  ConfigKind,
  ConfigRow,
  ConfigTable,
  RowAttributes,
} from '../../lib/relay/ports/config-table.ts';

export class MemoryConfigTable implements ConfigTable {
  readonly #rows = new Map<ConfigKind, Map<string, ConfigRow>>([
    ['endpoint', new Map()],
    ['source', new Map()],
    ['health', new Map()],
  ]);

  async rows(kind: ConfigKind, _options?: { readonly consistent?: boolean }): Promise<ConfigRow[]> {
    return [...this.#ofKind(kind).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async healthRow(endpointId: EndpointId): Promise<ConfigRow | undefined> {
    return this.#ofKind('health').get(endpointId);
  }

  async updateHealth(endpointId: EndpointId, only: RowAttributes, change: RowAttributes): Promise<boolean> {
    if (!this.#says(endpointId, only)) return false;
    const attributes = { ...this.#ofKind('health').get(endpointId)?.attributes };
    for (const [name, value] of Object.entries(asWritten(change))) {
      if (value === null) delete attributes[name];
      else if (value !== undefined) attributes[name] = value;
    }
    this.put('health', endpointId, attributes);
    return true;
  }

  async removeHealth(endpointId: EndpointId, only: RowAttributes): Promise<boolean> {
    if (!this.#says(endpointId, only)) return false;
    this.remove('health', endpointId);
    return true;
  }

  #says(endpointId: EndpointId, only: RowAttributes): boolean {
    const attributes = this.#ofKind('health').get(endpointId)?.attributes ?? {};
    return Object.entries(asWritten(only)).every(([name, value]) => attributes[name] === value);
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

/** Moments as the table keeps them; undefined stays, for it is an attribute that is not there. */
function asWritten(attributes: RowAttributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
}
