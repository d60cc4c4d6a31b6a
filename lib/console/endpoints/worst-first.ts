/** Among fifty endpoints, the failing one must be seen without scrolling. */
import { type ShownWord, toneOf } from '../layout/state-badge.ts';

const TONES = ['bad', 'warn', 'neutral', 'good'];

/** Equals stay in their order. */
export function worstFirst<Status extends { readonly state: ShownWord }>(
  statuses: readonly Status[],
): Status[] {
  const rank = ({ state }: Status) => TONES.indexOf(toneOf(state));
  return statuses.toSorted((one, other) => rank(one) - rank(other));
}
