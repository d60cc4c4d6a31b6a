/** What goes to and fro between the relay and the thread that a function runs in. */
import { z } from 'zod';

export const invocationSchema = z.strictObject({
  requestId: z.string(),
  /** The event, as JSON: Lambda, too, hands over nothing that JSON cannot carry. */
  event: z.string(),
  /** When the function will be stopped, in milliseconds of {@link epochMs}. */
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
    /** What was thrown, with its stack, or why nothing was returned at all. */
    message: z.string(),
  }),
]);

/** How an invocation ended. A thread's first outcome is that of importing the handler's file. */
export type Outcome = z.output<typeof outcomeSchema>;

export const settingsSchema = z.strictObject({
  name: z.string(),
  arn: z.string(),
  /** Absolute path of the file that exports `handler`. */
  handlerFile: z.string(),
  timeoutSeconds: z.number(),
  memoryMb: z.number(),
  /** What the handler finds in `process.env`, beside what Lambda itself puts there. */
  environment: z.record(z.string(), z.string()),
});

export type FunctionSettings = Readonly<z.output<typeof settingsSchema>>;

/** Wall-clock time that never goes back, and is the same in every thread. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
