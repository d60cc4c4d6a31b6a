/** The ConfigTable port over its DynamoDB table. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EndpointId } from '../relay/ids.ts';
import type { ConfigKind, ConfigRow, ConfigTable } from '../relay/ports.ts';
import { DynamoTable } from './dynamo-table.ts';
import type { Row } from './row.ts';

export interface ConfigTableOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

export class DynamoConfigTable implements ConfigTable {
  readonly #table: DynamoTable;

  constructor({ client, tableName }: ConfigTableOptions) {
    this.#table = new DynamoTable(client, tableName);
  }

  async rows(kind: ConfigKind): Promise<ConfigRow[]> {
    const query = {
      KeyConditionExpression: 'kind = :kind',
      ExpressionAttributeValues: { ':kind': kind },
    };
    const found: ConfigRow[] = [];
    for await (const rows of this.#table.pages(`reading the rows of kind ${kind}`, query)) {
      found.push(...rows.map(toConfigRow));
    }
    return found;
  }

  async putHealthIfAbsent(endpointId: EndpointId): Promise<void> {
    const row = { kind: 'health', id: endpointId, state: 'closed' };
    // One that is there already is all that is wanted.
    await this.#table.putIfAbsent('writing a health row', row, 'id');
  }
}

function toConfigRow({ kind: _, id, ...attributes }: Row): ConfigRow {
  return {
    id: String(id),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, withoutSets(value)]),
    ),
  };
}

/** In the DynamoDB console a list of texts is as easily typed as a string set. */
function withoutSets(value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}
