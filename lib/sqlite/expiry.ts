/** When rows expire, and the deletion of expired rows. Readers ignore an expired row at once. */
import { after, type Clock } from '../relay/model/clock.ts';
import { FAN_OUT } from '../relay/model/ids.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import type { Connection } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';

const DAY_MS = 24 * 60 * 60_000;
/** An alias outlives the rows of the order's first event, because an order may go on for months. */
const ALIAS_EXTRA_DAYS = 365;

export interface Retention {
  /** Days until a row expires, counted from an event's last write or from the time when a delivery is settled. */
  readonly retentionDays: number;
  /** The same for payloads, which contain the personal data. */
  readonly payloadRetentionDays: number;
}

export class Expiry {
  readonly #clock: Clock;
  readonly #retention: Retention;

  constructor(clock: Clock, retention: Retention) {
    this.#clock = clock;
    this.#retention = retention;
  }

  /** The present, as conditions compare it with `expiresAt`. */
  now(): string {
    return this.#clock.now().toISOString();
  }

  ofEvent(): string {
    return this.#in(this.#retention.retentionDays);
  }

  ofPayload(): string {
    return this.#in(this.#retention.payloadRetentionDays);
  }

  ofAlias(): string {
    return this.#in(this.#retention.retentionDays + ALIAS_EXTRA_DAYS);
  }

  #in(days: number): string {
    return after(this.#clock.now(), days * DAY_MS).toISOString();
  }
}

/** True for a row that is not deleted yet, and that no reader must see. */
export function isExpired(expiresAt: unknown, now: string): boolean {
  return typeof expiresAt === 'string' && expiresAt <= now;
}

/** The first moment of the next day in UTC. Lists by time end there, as they do in DynamoDB. */
export function endOfDay(moment: Date): Date {
  return new Date((Math.floor(moment.getTime() / DAY_MS) + 1) * DAY_MS);
}

/** Each is an index lookup. A pending delivery has no `expiresAt`. */
const DELETE_EXPIRED = ['payload', 'delivery', 'alias', 'event'].map(
  (table) =>
    `DELETE FROM ${table} WHERE rowid IN
       (SELECT rowid FROM ${table} WHERE expiresAt <= ? ORDER BY expiresAt LIMIT ?)
     RETURNING ${table === 'event' ? 'eventId, owedTo' : 'NULL AS owedTo'}`,
);

/** Deletes up to `limit` expired rows, and returns their number. */
export async function deleteExpired(
  commits: GroupCommit,
  telemetry: Telemetry,
  now: string,
  limit: number,
): Promise<number> {
  const { count, unsent } = await commits.write('deleting expired rows', (connection) =>
    deleteRows(connection, now, limit),
  );
  // Nobody fanned them out within the retention, for example because the relay was off for a month.
  for (const eventId of unsent)
    telemetry.error('event expired before its fan-out', new Error('its retention is over'), { eventId });
  return count;
}

function deleteRows(connection: Connection, now: string, limit: number) {
  let count = 0;
  const unsent: string[] = [];
  for (const sql of DELETE_EXPIRED) {
    if (count >= limit) break;
    const deleted = connection.all(sql, now, limit - count);
    count += deleted.length;
    for (const { owedTo, eventId } of deleted)
      if (String(owedTo).startsWith(`${FAN_OUT}#`)) unsent.push(String(eventId));
  }
  return { count, unsent };
}
