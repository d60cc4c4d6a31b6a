/** Writes of the EventLog table that only an operator makes; the functions' own are in `event-log.ts`. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { OrderKey } from '../../relay/model/ids.ts';
import { DynamoTable } from './dynamo-table.ts';
import { eventRowKey, owedToFanOut, PAYLOAD_PREFIX, type RowKey } from './event-log-keys.ts';
import { erasing } from './payload-row.ts';
import { updateOf } from './update-expression.ts';

const LEFT_TO_A_PERSON = {
  expression: 'attribute_exists(givenUpAt) AND attribute_not_exists(fannedOutAt)',
};

const EXISTS = { expression: 'attribute_exists(sk)' };
const NOT_ERASED = { expression: 'attribute_exists(sk) AND attribute_not_exists(erasedAt)' };

export class EventLogWriter {
  readonly #table: DynamoTable;

  constructor({
    client,
    tableName,
  }: { readonly client: DynamoDBDocumentClient; readonly tableName: string }) {
    this.#table = new DynamoTable(client, tableName);
  }

  /**
   * Gives an event that was left to a person back to fan-out, its tries counted from the start. One is left over: the
   * runs that failed may have sent it, and ordering has to know.
   *
   * @returns false, and nothing is written, when it is not, or no longer, left to a person
   */
  retryFanOut(event: Pick<EventRecord, 'orderKey' | 'eventId'>, dueAt: Date): Promise<boolean> {
    const anew = { fanOutTries: 1, givenUpAt: null, setAsideUntil: null };
    const owed = { owedTo: owedToFanOut(event.eventId), dueAt };
    const update = updateOf({ ...anew, ...owed });
    return this.#table.updateIf('retrying a fan-out', eventRowKey(event), LEFT_TO_A_PERSON, update);
  }

  /**
   * The keys of all payloads of an order that were not erased, also of those that have expired and are still there, and of
   * those that no event belongs to. Consistent.
   */
  async payloadKeys(orderKey: OrderKey): Promise<RowKey[]> {
    const query = {
      KeyConditionExpression: 'orderKey = :orderKey AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':orderKey': orderKey, ':prefix': PAYLOAD_PREFIX },
      FilterExpression: 'attribute_not_exists(erasedAt)',
      ProjectionExpression: 'sk',
      ConsistentRead: true,
    };
    const keys: RowKey[] = [];
    for await (const rows of this.#table.pages('looking for payloads', query))
      keys.push(...rows.map(({ sk }) => ({ orderKey, sk: String(sk) })));
    return keys;
  }

  /** Leaves a row in its place, so that the payload cannot be stored again; false when there is none any more. */
  erasePayload(key: RowKey, erasedAt: Date): Promise<boolean> {
    return this.#table.updateIf('erasing a payload', key, NOT_ERASED, updateOf(erasing(erasedAt)));
  }

  /** Has the event's record say that its payload was erased, and when; false when there is no such event. */
  noteForgotten(event: EventKey, forgottenAt: Date): Promise<boolean> {
    const update = updateOf({ forgottenAt });
    return this.#table.updateIf('noting an erasure', eventRowKey(event), EXISTS, update);
  }
}
