/** An attempt in a few words. */
import type { Attempt } from '../../relay/model/delivery.ts';
import { detailText } from '../../relay/model/outcome.ts';

const ANSWER_LENGTH = 120;

/** `503 in 20 ms: busy`, `timeout after 10 s`. */
export function attemptText(made: Attempt): string {
  const { unsent, error = 'failed', answer = '' } = made;
  if (unsent) return `nothing sent: ${error}`;
  const result = detailText(made) ?? error;
  const start = answer.slice(0, ANSWER_LENGTH).trim();
  return start === '' ? result : `${result}: ${start}${answer.length > ANSWER_LENGTH ? '…' : ''}`;
}
