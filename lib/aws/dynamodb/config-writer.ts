/** Writes of the Config table, which only an operator makes; the functions' own are in `config-table.ts`. */
import type { ConfigRow } from '../../relay/ports/config-table.ts';
import type { ConfigTableOptions } from './config-table.ts';
import { DynamoTable } from './dynamo-table.ts';
import type { Row } from './row.ts';
import { updateOf } from './update-expression.ts';

/** What a person may write. Health rows are the functions' own. */
export type WritableKind = 'endpoint' | 'source';

/** Attributes to write; null removes one. */
export type ConfigChange = Readonly<Record<string, unknown>>;

const EXISTS = { expression: 'attribute_exists(id)' };

/** Every method is one call on one row, and may reject with a {@link StoreError}. */
export class ConfigWriter {
  readonly #table: DynamoTable;

  constructor({ client, tableName }: ConfigTableOptions) {
    this.#table = new DynamoTable(client, tableName);
  }

  /** The row as it is now, unparsed. Consistent. */
  async row(kind: WritableKind, id: string): Promise<ConfigRow | undefined> {
    const row = await this.#table.get(`reading the ${kind}`, { kind, id });
    return row && { id, attributes: attributesOf(row) };
  }

  /** False, and nothing is written, when there is a row with this id. */
  add(kind: WritableKind, id: string, attributes: Row): Promise<boolean> {
    return this.#table.putIfAbsent(`writing the ${kind}`, { kind, id, ...attributes }, 'id');
  }

  /** Writes what is named and nothing else; false when there is no such row. */
  change(kind: WritableKind, id: string, change: ConfigChange): Promise<boolean> {
    return this.#table.updateIf(`changing the ${kind}`, { kind, id }, EXISTS, updateOf(change));
  }

  /** False when there is no such row. */
  remove(kind: WritableKind, id: string): Promise<boolean> {
    return this.#table.deleteIf(`removing the ${kind}`, { kind, id }, EXISTS);
  }
}

/** In the DynamoDB console a list of texts is as easily typed as a string set. */
function attributesOf({ kind: _kind, id: _id, ...attributes }: Row): ConfigRow['attributes'] {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Set ? [...value] : value]),
  );
}
