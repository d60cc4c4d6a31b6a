import { expect, it } from 'vitest';
import { groupDeadLetters } from '../../lib/operator/dlq/dead-letter-groups.ts';
import type { DeadLetterSummary } from '../../lib/operator/dlq/dead-letters.ts';

const letter = (parts: Partial<DeadLetterSummary>): DeadLetterSummary => ({
  ...{ queue: 'events', messageId: 'm', receiveCount: 1, reason: 'malformed' },
  ...parts,
});

it('groups dead letters by queue and reason, the largest group first', () => {
  const [first, last] = [new Date('2026-01-01'), new Date('2026-01-03')];
  const key = { orderKey: 'main/1', eventId: 'evt', holdsEvent: true };

  const groups = groupDeadLetters([
    letter({ queue: 'deliveries' }),
    letter({ sentAt: last, key }),
    letter({ sentAt: first }),
  ]);

  expect(groups).toEqual([
    { queue: 'events', reason: 'malformed', count: 2, onlyCopies: 1, oldest: first, newest: last },
    { queue: 'deliveries', reason: 'malformed', count: 1, onlyCopies: 0 },
  ]);
});
