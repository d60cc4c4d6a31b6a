/** The input of an expression as JSON text. */
import type { AnswerInput, ExpressionInput } from '../../relay/model/expression-input.ts';

/** Undefined when the input is nested too deeply for JSON.stringify. */
export function inputJson(input: ExpressionInput | AnswerInput): string | undefined {
  try {
    if (!('event' in input)) return JSON.stringify(input);
    const { order, ...rest } = input;
    const parts = JSON.stringify(rest);
    return order === undefined ? parts : `${parts.slice(0, -1)},"order":${orderJson(order)}}`;
  } catch {
    // A RangeError of the call stack. Parsed JSON causes no other error here.
    return undefined;
  }
}

/** Every filter and transform of an event evaluates the same order, which may be large, so its JSON is cached. */
const orders = new WeakMap<object, string>();

function orderJson(order: unknown): string {
  if (typeof order !== 'object' || order === null) return JSON.stringify(order);
  const known = orders.get(order) ?? JSON.stringify(order);
  orders.set(order, known);
  return known;
}
