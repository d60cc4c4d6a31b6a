/** The ConfigWriter port over the Config table. The functions' writes are in `config-table.ts`. */
import type { ConfigRow } from '../../relay/ports/config-table.ts';
import type { ConfigChange, ConfigWriter, WritableKind } from '../../relay/ports/operator.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import type { ConfigTableOptions } from './config-table.ts';
import { DynamoTable } from './dynamo-table.ts';
import { updateOf } from './update-expression.ts';

const EXISTS = { expression: 'attribute_exists(id)' };

export class DynamoConfigWriter implements ConfigWriter {
  readonly #table: DynamoTable;

  constructor({ client, tableName }: ConfigTableOptions) {
    this.#table = new DynamoTable(client, tableName);
  }

  async row(kind: WritableKind, id: string): Promise<ConfigRow | undefined> {
    const row = await this.#table.get(`reading the ${kind}`, { kind, id });
    return row && { id, attributes: attributesOf(row) };
  }

  add(kind: WritableKind, id: string, attributes: ConfigRow['attributes']): Promise<boolean> {
    return this.#table.putIfAbsent(`writing the ${kind}`, { kind, id, ...attributes }, 'id');
  }

  change(kind: WritableKind, id: string, change: ConfigChange): Promise<boolean> {
    return this.#table.updateIf(`changing the ${kind}`, { kind, id }, EXISTS, updateOf(change));
  }

  remove(kind: WritableKind, id: string): Promise<boolean> {
    return this.#table.deleteIf(`removing the ${kind}`, { kind, id }, EXISTS);
  }
}

/** People may enter a list of texts as a string set in the DynamoDB console. */
function attributesOf({ kind: _kind, id: _id, ...attributes }: Row): ConfigRow['attributes'] {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Set ? [...value] : value]),
  );
}
