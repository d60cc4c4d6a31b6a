/** The ConfigTable port over its DynamoDB table. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { ConfigKind, ConfigRow, ConfigTable, RowAttributes } from '../../relay/ports/config-table.ts';
import { type Condition, DynamoTable } from './dynamo-table.ts';
import { type Row, toAttribute } from './row.ts';
import { updateOf } from './update-expression.ts';

export interface ConfigTableOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

export class DynamoConfigTable implements ConfigTable {
  readonly #table: DynamoTable;

  constructor({ client, tableName }: ConfigTableOptions) {
    this.#table = new DynamoTable(client, tableName);
  }

  async rows(kind: ConfigKind, { consistent = false } = {}): Promise<ConfigRow[]> {
    const query = {
      KeyConditionExpression: 'kind = :kind',
      ExpressionAttributeValues: { ':kind': kind },
      ConsistentRead: consistent,
    };
    const found: ConfigRow[] = [];
    for await (const rows of this.#table.pages(`reading the rows of kind ${kind}`, query)) {
      found.push(...rows.map(toConfigRow));
    }
    return found;
  }

  async healthRow(endpointId: EndpointId): Promise<ConfigRow | undefined> {
    const row = await this.#table.get('reading a health row', healthKey(endpointId));
    return row && toConfigRow(row);
  }

  updateHealth(endpointId: EndpointId, only: RowAttributes, change: RowAttributes): Promise<boolean> {
    const what = 'writing a health row';
    return this.#table.updateIf(what, healthKey(endpointId), unchanged(only), updateOf(change));
  }

  removeHealth(endpointId: EndpointId, only: RowAttributes): Promise<boolean> {
    return this.#table.deleteIf('removing a health row', healthKey(endpointId), unchanged(only));
  }
}

const healthKey = (endpointId: EndpointId) => ({ kind: 'health', id: endpointId });

/** The row must still have the attributes as they were read; undefined ones must be absent. */
function unchanged(only: RowAttributes): Condition {
  const entries = Object.entries(only);
  const present = entries.filter(([, value]) => value !== undefined);
  return {
    expression: entries
      .map(([name, value]) =>
        value === undefined ? `attribute_not_exists(#only_${name})` : `#only_${name} = :only_${name}`,
      )
      .join(' AND '),
    names: Object.fromEntries(entries.map(([name]) => [`#only_${name}`, name])),
    values: Object.fromEntries(present.map(([name, value]) => [`:only_${name}`, toAttribute(value)])),
  };
}

function toConfigRow({ kind: _, id, ...attributes }: Row): ConfigRow {
  return {
    id: String(id),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, withoutSets(value)]),
    ),
  };
}

/** People may enter a list of texts as a string set in the DynamoDB console. */
function withoutSets(value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}
