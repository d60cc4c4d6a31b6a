/** Groups messages of the dead-letter queues by queue and reason. */
import type { QueueName } from '../connection.ts';
import type { DeadLetterSummary } from './dead-letters.ts';

export interface DeadLetterGroup {
  readonly queue: QueueName;
  readonly reason: string;
  readonly count: number;
  /** How many contain the only copy of an event. */
  readonly onlyCopies: number;
  readonly oldest?: Date;
  readonly newest?: Date;
}

/** The largest group first. */
export function groupDeadLetters(messages: readonly DeadLetterSummary[]): DeadLetterGroup[] {
  const groups = Map.groupBy(messages, ({ queue, reason }) => JSON.stringify([queue, reason]));
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const times = group
        .flatMap(({ sentAt }) => sentAt ?? [])
        .sort((one, other) => one.getTime() - other.getTime());
      const [oldest, newest] = [times[0], times.at(-1)];
      return [
        {
          ...{ queue: first.queue, reason: first.reason, count: group.length },
          onlyCopies: group.filter(({ key }) => key?.holdsEvent).length,
          ...(oldest !== undefined && { oldest }),
          ...(newest !== undefined && { newest }),
        },
      ];
    })
    .sort((one, other) => other.count - one.count);
}
