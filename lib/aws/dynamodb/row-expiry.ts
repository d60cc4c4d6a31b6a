/** Rows that have expired and are not deleted yet. */
import type { Row } from '../../relay/rows/attributes.ts';

/** DynamoDB's TTL deletes an expired row only days later. Until then, readers must ignore it. */
export function isExpired(row: Row, now: Date): boolean {
  return typeof row.expiresAt === 'number' && row.expiresAt * 1000 <= now.getTime();
}
