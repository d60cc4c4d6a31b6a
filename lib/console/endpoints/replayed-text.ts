/** The result of sending events again, as sentences. */
import type { ReplayResult } from '../../operator/replay/replays.ts';
import { counted } from '../layout/counts.ts';
import { sentence } from '../layout/sentence.ts';

/** Orders to name. */
const MOST_NAMED = 10;

export function replayedText({ counts, withoutPayload, waitReasons, enqueued }: ReplayResult): string {
  const { replayed, pending, superseded, erased, expired } = counts;
  const parts = [
    `${counted(replayed, 'update')} sent again.`,
    ...some(pending, `${counted(pending, 'update')} pending and sent anyway.`),
    ...some(superseded, `${counted(superseded, 'update')} left out, because the order has a newer one.`),
    ...some(erased, `${counted(erased, 'update')} not sent, because the order was forgotten.`),
    ...some(expired, `${counted(expired, 'update')} not sent, because the body has expired.`),
    ...some(
      withoutPayload.length,
      `Orders without a body: ${withoutPayload.slice(0, MOST_NAMED).join(', ')}.`,
    ),
    ...waitReasons.map(sentence),
    ...some(replayed > 0 && !enqueued ? 1 : 0, 'The relay sends them within a minute.'),
  ];
  return parts.join(' ');
}

function some(count: number, text: string): string[] {
  return count > 0 ? [text] : [];
}
