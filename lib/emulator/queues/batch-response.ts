/** Reads a function's partial batch response. */
import { z } from 'zod';
import type { Outcome } from '../lambda/invocation.ts';

const responseSchema = z
  .looseObject({
    batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullable();

/**
 * The failed messages are those that the function names; for a FIFO queue it must itself name the later ones of a
 * group. All messages failed when the invocation failed, when the response has another form, or when it names a message
 * outside the batch. None failed when the response is empty or null.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 *
 * @param reports whether the mapping enables partial batch responses
 */
export function failedMessages(
  outcome: Outcome,
  batch: readonly string[],
  reports: boolean,
): ReadonlySet<string> {
  const all = new Set(batch);
  if (outcome.kind === 'error') return all;
  if (!reports) return new Set();
  const response = responseSchema.safeParse(JSON.parse(outcome.result));
  if (!response.success) return all;
  const named = new Set((response.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
  return named.isSubsetOf(all) ? named : all;
}
