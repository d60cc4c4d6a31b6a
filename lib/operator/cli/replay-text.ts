/** The result of a replay, as text and as JSON. */
import type { ReplayResult } from '../replay/replays.ts';
import { isOrAre, plural, scheduleHints } from './delivery-text.ts';

export function replayText(
  { counts, replayedTo, withoutPayload, excluded }: ReplayResult,
  isDryRun: boolean,
): string {
  const {
    replayed,
    delivered,
    pending,
    alreadyReplayed,
    superseded,
    skipped,
    notFannedOut,
    erased,
    expired,
  } = counts;
  const result = isDryRun ? 'would be replayed' : `${isOrAre(replayed)} replayed`;
  const line = (count: number, text: string) =>
    count === 0 ? [] : [`${count.toLocaleString('en')} ${text}`];
  return [
    `${plural(replayed, 'delivery')} ${result}${perEndpoint(replayedTo)}.`,
    ...line(delivered, `${isOrAre(delivered)} delivered already: --include-delivered replays them.`),
    ...line(pending, `${isOrAre(pending)} pending already.`),
    ...line(alreadyReplayed, `${wasOrWere(alreadyReplayed)} replayed before the interruption.`),
    ...line(superseded, `${isOrAre(superseded)} superseded by a newer event of the same order.`),
    ...line(
      skipped,
      `${isOrAre(skipped)} skipped by the filter: --include-skipped evaluates the filter again.`,
    ),
    ...line(notFannedOut, `${isOrAre(notFannedOut)} not fanned out yet.`),
    ...line(erased, `${hasOrHave(erased)} no payload: the order was forgotten.`),
    ...line(expired, `${hasOrHave(expired)} no payload: it has expired.`),
    ...(withoutPayload.length === 0 ? [] : [`Orders without a payload: ${withoutPayload.join(', ')}.`]),
    ...excluded.map((reason) => `No replay: ${reason}.`),
  ].join('\n');
}

function perEndpoint(replayedTo: ReplayResult['replayedTo']): string {
  const parts = Object.entries(replayedTo).map(([id, count]) => `${count.toLocaleString('en')} to ${id}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

export function replayHints({ counts, enqueued, waitReasons }: ReplayResult, isDryRun: boolean): string[] {
  return scheduleHints({ count: isDryRun ? 0 : counts.replayed, enqueued, waitReasons });
}

export function replayJson({ counts, interrupted, resume, ...rest }: ReplayResult): object {
  return { ...counts, ...rest, interrupted, ...(interrupted && { resume }) };
}

const wasOrWere = (count: number) => (count === 1 ? 'was' : 'were');
const hasOrHave = (count: number) => (count === 1 ? 'has' : 'have');
