/** An event whose fan-out fails again and again steps aside, so that its order goes on without it. */

import type { SendingContext } from '../context.ts';
import { after } from '../model/clock.ts';
import type { EventRecord } from '../model/event.ts';
import { FAN_OUT } from '../model/ids.ts';
import { type FanOutAttempt, StoreError } from '../ports/event-log.ts';
import type { Metric } from '../ports/telemetry.ts';

/** The list of events that are left to a person. */
export const FAN_OUT_ATTENTION = `attention#${FAN_OUT}`;

const FAILURES_IN_TURN = 5;
const MINUTE_MS = 60_000;
/** What is waited between the tries of one that was quarantined; the last one for all that follow. */
const WAITS_MS = [1, 5, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);
/** With an hour between them the last ones take three days: a bad deployment over a weekend can be mended. */
const TRIES = FAILURES_IN_TURN + WAITS_MS.length + 3 * 24;

/**
 * Notes that an event's fan-out is begun again, for the run before may have failed or died in it.
 *
 * @param repeated whether a run before may have begun with it
 * @returns true when its order is to go on without it
 */
export async function isLeftInQuarantine(
  context: SendingContext,
  event: EventRecord,
  repeated: boolean,
): Promise<boolean> {
  const now = context.clock.now();
  const { fanOutAttempts: before = 0, quarantinedUntil, abandonedAt } = event;
  if (abandonedAt !== undefined || (quarantinedUntil !== undefined && quarantinedUntil > now)) return true;
  if (!repeated && before === 0) return false;

  const fanOutAttempts = before + 1;
  if (fanOutAttempts > TRIES) {
    await note(context, event, { fanOutAttempts, abandonedAt: now, owedTo: FAN_OUT_ATTENTION, dueAt: now });
    report(context, event, 'event is left to a person: its fan-out has failed for days', 'NeedsAttention');
    return true;
  }
  if (fanOutAttempts < FAILURES_IN_TURN) {
    await note(context, event, { fanOutAttempts });
    return false;
  }
  const until = after(now, WAITS_MS[fanOutAttempts - FAILURES_IN_TURN] ?? Math.max(...WAITS_MS));
  // Noted before it is tried: a run that dies of it leaves nothing to be decided.
  await note(context, event, { fanOutAttempts, quarantinedUntil: until, dueAt: until });
  if (fanOutAttempts > FAILURES_IN_TURN) return false;
  report(context, event, 'event is quarantined: its fan-out has failed too often', 'EventsQuarantined');
  return true;
}

/** Rejects when another run has gone on with it: then the order is to be looked at anew. */
async function note(context: SendingContext, event: EventRecord, change: FanOutAttempt): Promise<void> {
  if (await context.eventLog.recordFanOutAttempt(event, change)) return;
  throw new StoreError('the event was changed since it was read');
}

function report(context: SendingContext, { eventId }: EventRecord, message: string, metric: Metric): void {
  context.telemetry.warn(message, { eventId });
  context.telemetry.count(metric);
}
