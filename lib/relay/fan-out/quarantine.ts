/** Quarantines an event whose fan-out fails repeatedly, so that its order continues without it. */

import type { SendingContext } from '../context.ts';
import { after, sane } from '../model/clock.ts';
import type { EventRecord } from '../model/event.ts';
import { FAN_OUT } from '../model/ids.ts';
import { type FanOutAttempt, StoreError } from '../ports/event-log.ts';
import type { Metric } from '../ports/telemetry.ts';

/** The list of events that need attention. */
export const FAN_OUT_ATTENTION = `attention#${FAN_OUT}`;

const FAILURES_IN_TURN = 5;
const MINUTE_MS = 60_000;
/** The delays between the attempts of a quarantined event. The last one repeats. */
const WAITS_MS = [1, 5, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);
export const LONGEST_QUARANTINE_MS = Math.max(...WAITS_MS);
/** With one attempt per hour this takes three days: a bad deployment can be fixed after a weekend. */
const TRIES = FAILURES_IN_TURN + WAITS_MS.length + 3 * 24;

/**
 * Records that fan-out of an event starts again after a run that failed or died.
 *
 * @param repeated true when an earlier run may have started on the event
 * @returns true when the order must continue without the event
 */
export async function quarantineIfFailing(
  context: SendingContext,
  event: EventRecord,
  repeated: boolean,
): Promise<boolean> {
  const now = context.clock.now();
  const { fanOutAttempts: before = 0, quarantinedUntil, abandonedAt } = event;
  const until = sane(quarantinedUntil, now, LONGEST_QUARANTINE_MS) ?? now;
  if (abandonedAt !== undefined || until > now) return true;
  if (!repeated && before === 0) return false;

  const fanOutAttempts = before + 1;
  if (fanOutAttempts > TRIES) {
    await note(context, event, { fanOutAttempts, abandonedAt: now, owedTo: FAN_OUT_ATTENTION, dueAt: now });
    report(context, event, 'event needs attention: fan-out failed for days', 'EventsAbandoned');
    return true;
  }
  if (fanOutAttempts < FAILURES_IN_TURN) {
    await note(context, event, { fanOutAttempts });
    return false;
  }
  const next = after(now, WAITS_MS[fanOutAttempts - FAILURES_IN_TURN] ?? LONGEST_QUARANTINE_MS);
  // Recorded before the attempt, so that a run that dies is counted.
  await note(context, event, { fanOutAttempts, quarantinedUntil: next, dueAt: next });
  if (fanOutAttempts > FAILURES_IN_TURN) return false;
  report(context, event, 'event quarantined: fan-out failed repeatedly', 'EventsQuarantined');
  return true;
}

/** Rejects when another run has changed the event. The order is then read again. */
async function note(context: SendingContext, event: EventRecord, change: FanOutAttempt): Promise<void> {
  if (await context.eventLog.recordFanOutAttempt(event, change)) return;
  throw new StoreError('the event was changed since it was read');
}

function report(context: SendingContext, { eventId }: EventRecord, message: string, metric: Metric): void {
  context.telemetry.warn(message, { eventId });
  context.telemetry.count(metric);
}
