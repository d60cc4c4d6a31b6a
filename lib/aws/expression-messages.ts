/** What goes to and fro between the relay and the process in which expressions are evaluated. */
import * as z from 'zod';

export interface EvaluationJob {
  readonly expression: string;
  /** As JSON: a text is copied from one process to the other at once, however much stands in it. */
  readonly input: string;
  readonly as: 'value' | 'boolean';
}

/** The first message, once it can evaluate. */
export const READY = 'ready';

export const answerSchema = z.discriminatedUnion('kind', [
  /** `json` is absent when there is no result. */
  z.object({ kind: z.literal('value'), json: z.string().exactOptional() }),
  z.object({ kind: z.literal('failure'), reason: z.string(), ranAway: z.boolean() }),
]);

export type EvaluationAnswer = Readonly<z.output<typeof answerSchema>>;
