/** When rows expire, and rows that have expired and are not deleted yet. */
import { after, type Clock } from '../../relay/model/clock.ts';
import type { Row } from '../../relay/rows/attributes.ts';

const DAY_MS = 24 * 60 * 60_000;

/** In epoch seconds, as DynamoDB's TTL requires. */
export function expiryIn(days: number, clock: Clock): number {
  return Math.floor(after(clock.now(), days * DAY_MS).getTime() / 1000);
}

/** DynamoDB's TTL deletes an expired row only days later. Until then, readers must ignore it. */
export function isExpired(row: Row, now: Date): boolean {
  return typeof row.expiresAt === 'number' && row.expiresAt * 1000 <= now.getTime();
}
