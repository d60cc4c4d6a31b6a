/** Traces of the functions' invocations, in which an operator finds the work on an event by the event's id. */
import type { Clock } from '../model/clock.ts';
import type { EventId } from '../model/ids.ts';

/** The id is all that a trace contains of an event: order ids may be personal data, and addresses contain tokens. */
export interface EventWork {
  readonly eventId: EventId;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly hasFailed: boolean;
}

/** Most relays have none: the stack's setting `tracing` creates them. */
export interface Traces {
  /** Adds the work to the trace of the current invocation. Never throws. */
  add(work: EventWork): void;
}

export interface TracedContext {
  readonly clock: Clock;
  readonly traces?: Traces | undefined;
}

/** Runs the work on an event, and adds it to the trace, also when it fails. */
export async function traced<Result>(
  { clock, traces }: TracedContext,
  eventId: EventId,
  work: () => Promise<Result>,
): Promise<Result> {
  if (traces === undefined) return work();
  const startedAt = clock.now();
  let hasFailed = true;
  try {
    const result = await work();
    hasFailed = false;
    return result;
  } finally {
    traces.add({ eventId, startedAt, endedAt: clock.now(), hasFailed });
  }
}
