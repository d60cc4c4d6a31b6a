/** The messages between the relay and the process that evaluates expressions. */

export interface EvaluationJob {
  readonly expression: string;
  /** JSON text, because processes exchange one long text faster than a deep object. */
  readonly input: string;
  readonly as: 'value' | 'boolean';
  /** JSONata stops the evaluation after this time, and the process goes on. */
  readonly timeoutMs: number;
}

/** The process sends this message when it can evaluate. */
export const READY = 'ready';

export type EvaluationAnswer =
  /** `json` is absent when there is no result. */
  | { readonly kind: 'value'; readonly json?: string }
  | { readonly kind: 'failure'; readonly reason: string; readonly ranAway: boolean };
