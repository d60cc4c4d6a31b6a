/** Records an endpoint's last answer and its last success in the health row, with few writes. */
import { type Attempt, succeeded } from '../model/delivery.ts';

/** Times are the starts of requests. */
export interface LastAnswer {
  /** The last accepted request. Up to five minutes old while the endpoint accepts every request. */
  readonly lastSuccessAt?: Date;
  /** The status of the last answer, or why there was none: `503`, `connection refused`. */
  readonly lastAnswer?: string;
  readonly lastAnswerAt?: Date;
}

/** Answers like the recorded one cause a write at most once in this time. */
const WRITE_INTERVAL_MS = 5 * 60_000;

/** True when the answer is worth a write of its own: it differs from the recorded one, or that one is old. */
export function isNewAnswer(health: LastAnswer, made: Attempt): boolean {
  const { lastSuccessAt, lastAnswer, lastAnswerAt } = health;
  if (isOld(lastAnswerAt, made)) return true;
  if (!succeeded(made)) return lastAnswer !== answerText(made);
  // 200 after 204 is no news. A success after another answer is.
  // Stryker disable next-line OptionalChaining: an absent time is old, so both are known here
  return isOld(lastSuccessAt, made) || lastAnswerAt?.getTime() !== lastSuccessAt?.getTime();
}

/** Attempts can be recorded in another order than they were made: a later answer stays. */
export function withAnswer<Health extends LastAnswer>(health: Health, made: Attempt): Health {
  return {
    ...health,
    ...(succeeded(made) && isLater(made, health.lastSuccessAt) && { lastSuccessAt: made.at }),
    ...(isLater(made, health.lastAnswerAt) && { lastAnswer: answerText(made), lastAnswerAt: made.at }),
  };
}

/** An answer in a sentence: `status 503`, `connection refused`. */
export function answerInWords(made: Attempt): string {
  return made.status === undefined ? answerText(made) : `status ${made.status}`;
}

function answerText({ status, error = 'no answer', accepted }: Attempt): string {
  if (status === undefined) return error;
  // Without this, a 200 that the `success` expression refuses would look like a success.
  return accepted === false && status <= 299 ? `${status}, no success` : String(status);
}

function isOld(recordedAt: Date | undefined, { at }: Attempt): boolean {
  return recordedAt === undefined || at.getTime() - recordedAt.getTime() >= WRITE_INTERVAL_MS;
}

function isLater({ at }: Attempt, recordedAt: Date | undefined): boolean {
  return recordedAt === undefined || at >= recordedAt;
}
