/** The EventWriter and EventEraser ports over a SQLite file. */
import type { EventKey } from '../relay/model/event.ts';
import type { OrderKey } from '../relay/model/ids.ts';
import type { EventEraser, EventWriter } from '../relay/ports/operator.ts';
import { isAbandoned } from './conditions.ts';
import type { Connection } from './connection.ts';
import type { StoreParts } from './event-log.ts';
import { updateEvent } from './event-table.ts';
import { orStoreFailure } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';
import { owedToFanOut } from './keys.ts';
import { erasePayload, findPayloadKeys } from './payload-table.ts';

export class SqliteEventWriter implements EventWriter, EventEraser {
  readonly #commits: GroupCommit;
  readonly #reader: Connection;

  constructor({ commits, reader }: Pick<StoreParts, 'commits' | 'reader'>) {
    this.#commits = commits;
    this.#reader = reader;
  }

  retryFanOut(event: EventKey, dueAt: Date): Promise<boolean> {
    const reset = { fanOutAttempts: 1, abandonedAt: null, quarantinedUntil: null };
    const owed = { owedTo: owedToFanOut(event.eventId), dueAt };
    return this.#commits.write('retrying a fan-out', (connection) =>
      updateEvent(connection, event, isAbandoned, { ...reset, ...owed }),
    );
  }

  async payloadKeys(orderKey: OrderKey): Promise<EventKey[]> {
    return orStoreFailure('looking for payloads', () => findPayloadKeys(this.#reader, orderKey));
  }

  erasePayload(key: EventKey, erasedAt: Date): Promise<boolean> {
    return this.#commits.write('erasing a payload', (connection) => erasePayload(connection, key, erasedAt));
  }

  noteForgotten(event: EventKey, forgottenAt: Date): Promise<boolean> {
    return this.#commits.write('noting an erasure', (connection) =>
      updateEvent(connection, event, () => true, { forgottenAt }),
    );
  }
}
