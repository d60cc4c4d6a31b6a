/** The ConfigTable and ConfigWriter ports in memory, with what a person would do to the rows in the DynamoDB console. */
import type { EndpointId } from '../../lib/relay/model/ids.ts';
import type {
  ConfigKind,
  ConfigRow,
  ConfigTable,
  RowAttributes,
  RowCondition,
} from '../../lib/relay/ports/config-table.ts';
import type { ConfigChange, ConfigWriter, WritableKind } from '../../lib/relay/ports/operator.ts';

export class MemoryConfigTable implements ConfigTable, ConfigWriter {
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

  async updateHealth(endpointId: EndpointId, only: RowCondition, change: RowAttributes): Promise<boolean> {
    if (!this.#says(endpointId, only)) return false;
    const attributes = { ...this.#ofKind('health').get(endpointId)?.attributes };
    for (const [name, value] of Object.entries(change)) {
      if (value === null) delete attributes[name];
      else if (value !== undefined) attributes[name] = asWritten(value);
    }
    this.put('health', endpointId, attributes);
    return true;
  }

  async removeHealth(endpointId: EndpointId, only: RowCondition): Promise<boolean> {
    if (!this.#says(endpointId, only)) return false;
    void this.remove('health', endpointId);
    return true;
  }

  async row(kind: WritableKind, id: string): Promise<ConfigRow | undefined> {
    return this.#ofKind(kind).get(id);
  }

  async add(kind: WritableKind, id: string, attributes: ConfigRow['attributes']): Promise<boolean> {
    if (this.#ofKind(kind).has(id)) return false;
    this.put(kind, id, attributes);
    return true;
  }

  async change(kind: WritableKind, id: string, change: ConfigChange): Promise<boolean> {
    const row = this.#ofKind(kind).get(id);
    if (row === undefined) return false;
    const after = Object.entries({ ...row.attributes, ...change });
    this.put(kind, id, Object.fromEntries(after.filter(([, value]) => value !== null)));
    return true;
  }

  async remove(kind: ConfigKind, id: string): Promise<boolean> {
    return this.#ofKind(kind).delete(id);
  }

  #says(endpointId: EndpointId, only: RowCondition): boolean {
    const attributes = this.#ofKind('health').get(endpointId)?.attributes ?? {};
    return Object.entries(only).every(([name, value]) => isUnchanged(attributes[name], asWritten(value)));
  }

  put(kind: ConfigKind, id: string, attributes: ConfigRow['attributes']): void {
    this.#ofKind(kind).set(id, { id, attributes });
  }

  #ofKind(kind: ConfigKind): Map<string, ConfigRow> {
    const rows = this.#rows.get(kind);
    if (rows === undefined) throw new Error(`no rows of kind ${kind}`);
    return rows;
  }
}

/** Moments as the table keeps them; undefined stays, for it is an attribute that is not there. */
function asWritten(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

/** Of lists and maps, only the type is compared. */
function isUnchanged(found: unknown, read: unknown): boolean {
  if (typeof read !== 'object' || read === null) return found === read;
  return typeof found === 'object' && found !== null && Array.isArray(found) === Array.isArray(read);
}
