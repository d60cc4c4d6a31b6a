/** Dead-letter messages as a table, and the result of a redrive or a deletion. */
import type { DeadLetterList, DeadLetterResult, DeadLetterSummary } from '../dlq/dead-letters.ts';
import { isOrAre, plural } from './delivery-text.ts';
import type { Colours, Screen } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';

const REASON_LENGTH = 40;
const COLUMNS = [
  ...['queue', 'message'],
  { title: 'sent', leaveOut: 3 },
  { title: 'received', leaveOut: 4 },
  { title: 'reason', leaveOut: 2, cutTo: 10 },
  { title: 'content', leaveOut: 1 },
];

export function deadLetterListText({ messages, approximateCount }: DeadLetterList, colours: Screen): string {
  if (messages.length === 0 && approximateCount === 0) return 'The dead-letter queues are empty.';
  const rows = messages.map((letter) => [
    letter.queue,
    letter.messageId,
    letter.sentAt === undefined ? '–' : timeText(letter.sentAt),
    String(letter.receiveCount),
    shortened(letter.reason, REASON_LENGTH),
    contentText(letter, colours),
  ]);
  const count = `${plural(messages.length, 'message')} of about ${approximateCount.toLocaleString('en')}: SQS counts approximately, and hides messages that another receiver is processing.`;
  return [...(rows.length > 0 ? [table(rows, COLUMNS, colours.columns), ''] : []), colours.dim(count)].join(
    '\n',
  );
}

export function deadLetterListJson({ messages, ...rest }: DeadLetterList): object {
  return { items: messages, ...rest };
}

function contentText({ key, excerpt = '' }: DeadLetterSummary, { dim, yellow }: Colours): string {
  if (key === undefined) return excerpt === '' ? dim('empty') : excerpt;
  const { orderKey, eventId, endpointId, holdsEvent } = key;
  return [
    orderKey,
    dim(eventId),
    ...(endpointId === undefined ? [] : [`to ${endpointId}`]),
    ...(holdsEvent ? [yellow('contains the event')] : []),
  ].join('  ');
}

export function deadLetterResultText({ done, kept }: DeadLetterResult, action: string): string {
  return [
    `${plural(done, 'message')} ${isOrAre(done)} ${action}.`,
    ...(kept > 0
      ? [
          `${plural(kept, 'message')} ${isOrAre(kept)} kept: they contain the only copy of an event, and block later messages of their group. \`dlq redrive --all\` sends them to fan-out.`,
        ]
      : []),
  ].join('\n');
}
