/** The ConfigTable port over its DynamoDB table. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EndpointId } from '../../relay/model/ids.ts';
import type {
  ConfigKind,
  ConfigRow,
  ConfigTable,
  RowAttributes,
  RowCondition,
} from '../../relay/ports/config-table.ts';
import { type Row, toAttribute } from '../../relay/rows/attributes.ts';
import { type Condition, DynamoTable } from './dynamo-table.ts';
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

  updateHealth(endpointId: EndpointId, only: RowCondition, change: RowAttributes): Promise<boolean> {
    const what = 'writing a health row';
    return this.#table.updateIf(what, healthKey(endpointId), unchanged(only), updateOf(change));
  }

  removeHealth(endpointId: EndpointId, only: RowCondition): Promise<boolean> {
    return this.#table.deleteIf('removing a health row', healthKey(endpointId), unchanged(only));
  }
}

const healthKey = (endpointId: EndpointId) => ({ kind: 'health', id: endpointId });

/** The row must still have the attributes as they were read; undefined ones must be absent. */
function unchanged(only: RowCondition): Condition {
  const parts = Object.entries(only).map(([name, value]) => unchangedAttribute(name, value));
  return {
    expression: parts.map(({ expression }) => `(${expression})`).join(' AND '),
    names: Object.assign({}, ...parts.map(({ names }) => names)),
    values: Object.assign({}, ...parts.map(({ values }) => values)),
  };
}

/** Sets are read as lists. */
const LIST_TYPES = ['L', 'SS', 'NS', 'BS'];
const MAP_TYPES = ['M'];

function unchangedAttribute(name: string, value: unknown): Condition {
  const names = { [`#only_${name}`]: name };
  if (value === undefined) return { expression: `attribute_not_exists(#only_${name})`, names, values: {} };
  const attribute = toAttribute(value);
  if (typeof attribute === 'object' && attribute !== null) {
    const types = Array.isArray(attribute) ? LIST_TYPES : MAP_TYPES;
    return {
      expression: types.map((type) => `attribute_type(#only_${name}, :only_${name}_${type})`).join(' OR '),
      names,
      values: Object.fromEntries(types.map((type) => [`:only_${name}_${type}`, type])),
    };
  }
  return { expression: `#only_${name} = :only_${name}`, names, values: { [`:only_${name}`]: attribute } };
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
