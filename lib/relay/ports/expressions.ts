/** Evaluates the filters, transforms and `success` expressions of endpoints. */
import type { AnswerInput, ExpressionInput } from '../model/expression-input.ts';

/** An evaluation fails after this time, including the time in the queue. */
export const EVALUATION_LIMIT_MS = 6_000;

/** The reason names a limit or an error in the expression. It contains nothing of the input. */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Evaluates JSONata expressions (https://docs.jsonata.org) within limits of time, depth and memory. Never rejects: a
 * failure is a result.
 */
export interface Expressions {
  /**
   * @param as `boolean` casts the result as JSONata does. `value` returns JSON; undefined when there is no result.
   */
  evaluate(
    expression: string,
    input: ExpressionInput | AnswerInput,
    as: 'value' | 'boolean',
  ): Promise<Evaluated>;
}
