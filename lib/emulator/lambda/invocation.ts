/**
 * The messages between the relay and the thread of a function. Both sides are this program, so neither checks what it
 * receives. Each thread would take 40 ms of CPU to load Zod.
 */

export interface Invocation {
  readonly requestId: string;
  /** The event as JSON, as Lambda passes it. */
  readonly event: string;
  /** The time when the function is stopped, in milliseconds of {@link epochMs}. */
  readonly deadlineMs: number;
}

/** The result of an invocation. A thread's first outcome is the result of importing the handler's file. */
export type Outcome =
  | {
      readonly kind: 'result';
      /** JSON. `undefined`, for which JSON has no text, is `null` as it is in Lambda. */
      readonly result: string;
    }
  | {
      readonly kind: 'error';
      /** The thrown error with its stack, or the reason why there is no result. */
      readonly message: string;
    };

export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** Absolute path of the file that exports `handler`. */
  readonly handlerFile: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The handler's `process.env`, without the variables that Lambda sets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Wall-clock time that never decreases, and is the same in every thread. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
