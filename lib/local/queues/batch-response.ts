/** What a function says about the messages it was given. */
import { z } from 'zod';
import type { Outcome } from '../lambda/invocation.ts';

const responseSchema = z
  .looseObject({
    batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullable();

/**
 * The messages that failed: those that the function names, and no others, also for a FIFO queue, where it has to name
 * every later one of the group itself. All of them failed when the invocation did, when the response has another form,
 * or when it names a message that is not of the batch; none did when the response is empty or null.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 *
 * @param reports whether the mapping asks for a partial batch response
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
