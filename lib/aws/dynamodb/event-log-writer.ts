/** The EventWriter and EventEraser ports over the EventLog table. The functions' writes are in `event-log.ts`. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EventKey } from '../../relay/model/event.ts';
import type { EventId, OrderKey } from '../../relay/model/ids.ts';
import type { EventEraser, EventWriter } from '../../relay/ports/operator.ts';
import { DynamoTable } from './dynamo-table.ts';
import { eventRowKey, owedToFanOut, PAYLOAD_PREFIX, payloadRowKey } from './event-log-keys.ts';
import { erasure } from './payload-row.ts';
import { updateOf } from './update-expression.ts';

const ABANDONED = {
  expression: 'attribute_exists(abandonedAt) AND attribute_not_exists(fannedOutAt)',
};

const EXISTS = { expression: 'attribute_exists(sk)' };
const NOT_ERASED = { expression: 'attribute_exists(sk) AND attribute_not_exists(erasedAt)' };

export class DynamoEventWriter implements EventWriter, EventEraser {
  readonly #table: DynamoTable;

  constructor({
    client,
    tableName,
  }: { readonly client: DynamoDBDocumentClient; readonly tableName: string }) {
    this.#table = new DynamoTable(client, tableName);
  }

  retryFanOut(event: EventKey, dueAt: Date): Promise<boolean> {
    const reset = { fanOutAttempts: 1, abandonedAt: null, quarantinedUntil: null };
    const owed = { owedTo: owedToFanOut(event.eventId), dueAt };
    const update = updateOf({ ...reset, ...owed });
    return this.#table.updateIf('retrying a fan-out', eventRowKey(event), ABANDONED, update);
  }

  async payloadKeys(orderKey: OrderKey): Promise<EventKey[]> {
    const query = {
      KeyConditionExpression: 'orderKey = :orderKey AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':orderKey': orderKey, ':prefix': PAYLOAD_PREFIX },
      FilterExpression: 'attribute_not_exists(erasedAt)',
      ProjectionExpression: 'sk',
      ConsistentRead: true,
    };
    const keys: EventKey[] = [];
    // The event id is not validated: a payload under an id that a person made up must be erased, too.
    for await (const rows of this.#table.pages('looking for payloads', query))
      keys.push(
        ...rows.map(({ sk }) => ({ orderKey, eventId: String(sk).slice(PAYLOAD_PREFIX.length) as EventId })),
      );
    return keys;
  }

  erasePayload(key: EventKey, erasedAt: Date): Promise<boolean> {
    return this.#table.updateIf(
      'erasing a payload',
      payloadRowKey(key),
      NOT_ERASED,
      updateOf(erasure(erasedAt)),
    );
  }

  noteForgotten(event: EventKey, forgottenAt: Date): Promise<boolean> {
    const update = updateOf({ forgottenAt });
    return this.#table.updateIf('noting an erasure', eventRowKey(event), EXISTS, update);
  }
}
