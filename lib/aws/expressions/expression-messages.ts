/** What goes to and fro between the relay and the process in which expressions are evaluated. */

export interface EvaluationJob {
  readonly expression: string;
  /** As JSON: a text is copied from one process to the other at once, however much stands in it. */
  readonly input: string;
  readonly as: 'value' | 'boolean';
}

/** The first message, once it can evaluate. */
export const READY = 'ready';

export type EvaluationAnswer =
  /** `json` is absent when there is no result. */
  | { readonly kind: 'value'; readonly json?: string }
  | { readonly kind: 'failure'; readonly reason: string; readonly ranAway: boolean };
