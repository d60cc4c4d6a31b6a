/** Evaluates the filters, transforms and `success` expressions of endpoints. */
import type { AnswerInput, ExpressionInput } from '../model/expression-input.ts';

/** An evaluation ends within this time: it starts within four seconds, or is postponed, and then takes up to two. */
export const EVALUATION_LIMIT_MS = 6_000;

/**
 * The reason of a failure names a limit or an error in the expression. It contains nothing of the input. An evaluation is
 * `postponed` when other expressions took the time: it says nothing about the expression.
 */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly reason: string }
  | { readonly kind: 'postponed' };

export interface EvaluateOptions {
  /**
   * How long an expression that was slow a moment ago waits for others before it is postponed. With 0 it is postponed at
   * once. By default it waits as long as any other.
   */
  readonly slowWaitMs?: number;
}

/**
 * Evaluates JSONata expressions (https://docs.jsonata.org) within limits of time, depth and memory. Never rejects: a
 * failure is a result. A slow or runaway expression never makes another one fail.
 */
export interface Expressions {
  /**
   * @param as `boolean` casts the result as JSONata does. `value` returns JSON; undefined when there is no result.
   */
  evaluate(
    expression: string,
    input: ExpressionInput | AnswerInput,
    as: 'value' | 'boolean',
    options?: EvaluateOptions,
  ): Promise<Evaluated>;
}
