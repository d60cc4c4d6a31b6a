/** Evaluates the filters and transforms of endpoints. */
import type { ExpressionInput } from '../model/expression-input.ts';

/** No evaluation takes longer, however many wait for theirs: it has failed by then. */
export const EVALUATION_LIMIT_MS = 6_000;

/** The reason names a bound, or what is wrong with the expression: never anything of the order. */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Evaluates JSONata expressions (https://docs.jsonata.org), which people write, within bounds of time, depth and memory.
 * Never rejects: that an expression fails is a result like any other.
 */
export interface Expressions {
  /**
   * @param as `boolean`: cast as JSONata casts. `value`: whatever JSON can carry; undefined when there is no result.
   */
  evaluate(expression: string, input: ExpressionInput, as: 'value' | 'boolean'): Promise<Evaluated>;
}
