/** The messages between the relay and the thread of a function. */
import { z } from 'zod';

export const invocationSchema = z.strictObject({
  requestId: z.string(),
  /** The event as JSON, as Lambda passes it. */
  event: z.string(),
  /** The time when the function is stopped, in milliseconds of {@link epochMs}. */
  deadlineMs: z.number(),
});

export type Invocation = z.output<typeof invocationSchema>;

export const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('result'),
    /** JSON. `undefined`, for which JSON has no text, is `null` as it is in Lambda. */
    result: z.string(),
  }),
  z.strictObject({
    kind: z.literal('error'),
    /** The thrown error with its stack, or the reason why there is no result. */
    message: z.string(),
  }),
]);

/** The result of an invocation. A thread's first outcome is the result of importing the handler's file. */
export type Outcome = z.output<typeof outcomeSchema>;

export const settingsSchema = z.strictObject({
  name: z.string(),
  arn: z.string(),
  /** Absolute path of the file that exports `handler`. */
  handlerFile: z.string(),
  timeoutSeconds: z.number(),
  memoryMb: z.number(),
  /** The handler's `process.env`, without the variables that Lambda sets. */
  environment: z.record(z.string(), z.string()),
});

export type FunctionSettings = Readonly<z.output<typeof settingsSchema>>;

/** Wall-clock time that never decreases, and is the same in every thread. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
