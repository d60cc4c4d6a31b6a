/** Writes of the EventLog table that only an operator makes; the functions' own are in `event-log.ts`. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EventRecord } from '../relay/event.ts';
import { DynamoTable } from './dynamo-table.ts';
import { eventRowKey, owedToFanOut } from './event-log-keys.ts';
import { updateOf } from './update-expression.ts';

const LEFT_TO_A_PERSON = {
  expression: 'attribute_exists(givenUpAt) AND attribute_not_exists(fannedOutAt)',
};

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
}
