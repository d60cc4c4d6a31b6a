/** What came of a replay, for people and for programs. */
import type { ReplayResult } from '../replay/replays.ts';
import { isOrAre, plural, whenText } from './delivery-view.ts';

export function replayText({ counts, owedTo, leftOut }: ReplayResult, isDryRun: boolean): string {
  const { owed, delivered, underWay, replayed, newer, skipped, notFannedOut, erased } = counts;
  const done = isDryRun ? 'would be sent again' : `${isOrAre(owed)} owed again`;
  const line = (count: number, what: string) =>
    count === 0 ? [] : [`${count.toLocaleString('en')} ${what}`];
  return [
    `${plural(owed, 'delivery')} ${done}${toWhom(owedTo)}.`,
    ...line(delivered, `${wasOrWere(delivered)} delivered before: --include-delivered sends that once more.`),
    ...line(underWay, `${isOrAre(underWay)} under way.`),
    ...line(replayed, `${wasOrWere(replayed)} replayed before it was interrupted.`),
    ...line(newer, `${givesOrGive(newer)} way to a newer event of the same order.`),
    ...line(
      skipped,
      `${wasOrWere(skipped)} not wanted: --include-skipped asks the filter anew, and sends what it lets pass.`,
    ),
    ...line(notFannedOut, `${isOrAre(notFannedOut)} yet to be sent for the first time.`),
    ...line(erased, `${isOrAre(erased)} without a payload: the order was forgotten.`),
    ...leftOut.map((reason) => `Left out: ${reason}.`),
  ].join('\n');
}

function toWhom(owedTo: ReplayResult['owedTo']): string {
  const parts = Object.entries(owedTo).map(([id, count]) => `${count.toLocaleString('en')} to ${id}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

export function replayHints({ counts, atOnce, waits }: ReplayResult, isDryRun: boolean): string[] {
  return whenText({ count: isDryRun ? 0 : counts.owed, atOnce, waits });
}

export function replayJson({ counts, interrupted, resume, ...rest }: ReplayResult): object {
  return { ...counts, ...rest, interrupted, ...(interrupted && { resume }) };
}

const wasOrWere = (count: number) => (count === 1 ? 'was' : 'were');
const givesOrGive = (count: number) => (count === 1 ? 'gives' : 'give');
