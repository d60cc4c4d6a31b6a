/** Messages of the dead-letter queues as a table; and what came of moving or deleting them. */
import type { LetterList, LetterResult, ListedLetter } from '../dlq/dead-letters.ts';
import { isOrAre, plural } from './delivery-view.ts';
import type { Colours } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';

const REASON_LENGTH = 40;

export function letterListText({ letters, approximateCount }: LetterList, colours: Colours): string {
  if (letters.length === 0 && approximateCount === 0) return 'The dead-letter queues are empty.';
  const rows = letters.map((letter) => [
    letter.queue,
    letter.messageId,
    letter.sentAt === undefined ? '–' : timeText(letter.sentAt),
    String(letter.receiveCount),
    shortened(letter.reason, REASON_LENGTH),
    contentText(letter, colours),
  ]);
  const count = `${plural(letters.length, 'message')} of about ${approximateCount.toLocaleString('en')}: SQS counts roughly, and hides what somebody has just received.`;
  return [
    ...(rows.length > 0
      ? [table(rows, ['queue', 'message', 'sent', 'received', 'reason', 'content']), '']
      : []),
    colours.dim(count),
  ].join('\n');
}

function contentText({ names, beginning = '' }: ListedLetter, { dim, yellow }: Colours): string {
  if (names === undefined) return beginning === '' ? dim('empty') : beginning;
  const { orderKey, eventId, endpointId, holdsEvent } = names;
  return [
    shortened(orderKey, 40),
    dim(eventId),
    ...(endpointId === undefined ? [] : [`to ${endpointId}`]),
    ...(holdsEvent ? [yellow('holds the event itself')] : []),
  ].join('  ');
}

export function letterResultText({ done, kept }: LetterResult, deed: string): string {
  return [
    `${plural(done, 'message')} ${isOrAre(done)} ${deed}.`,
    ...(kept > 0
      ? [
          `${plural(kept, 'message')} ${isOrAre(kept)} kept: an event that is nowhere else, and it keeps back what stands behind it in its group. \`dlq redrive\` has it stored and sent.`,
        ]
      : []),
  ].join('\n');
}
