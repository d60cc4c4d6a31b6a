/** Checks that an endpoint gets the time that it asks for, and that no attempt is used up for it. */
import { isSettled } from '../../lib/relay/model/delivery.ts';
import { retryAfterOf } from '../../lib/relay/sending/retry-after.ts';
import type { Sent } from './receivers.ts';
import { orderKey, type RunWorld } from './run-world.ts';

/** A request that was admitted before the answer came may start this much later. */
const ADMITTED_BEFORE_MS = 6_000;
/** Deliver writes the wait at once. Another function caches the rows for ten seconds, and slow calls take as long again. */
const KNOWN_AFTER_MS = 30_000;
/** The clocks of the endpoint and of two functions. */
const CLOCKS_DIFFER_MS = 4_000;
/** A row has its last ten attempts. */
const ATTEMPTS_KEPT = 10;

/** How long the answer asked for, in milliseconds; undefined when it asked for nothing. */
export function askedForMs({ result, answeredAtMs }: Sent): number | undefined {
  if (result.kind !== 'answer' || answeredAtMs === undefined) return undefined;
  const seconds = retryAfterOf(result, new Date(answeredAtMs));
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Not checked are two requests of which either sender met a fault, and runs in which functions cannot know of a wait. */
export function checkWait(sent: Sent, world: RunWorld): void {
  const { faults, receivers, fail } = world;
  if (sent.process.faultsMet > 0 || faults.hasOperator) return;
  if (faults.countOf('stale config read', 'config unreadable for minutes', 'settings changed') > 0) return;
  if (faults.countOf('process paused', 'process paused after it took a right') > 0) return;
  for (const other of receivers.sent) {
    const waitMs = other.endpointId === sent.endpointId ? askedForMs(other) : undefined;
    if (waitMs === undefined || other.answeredAtMs === undefined || other.process.faultsMet > 0) continue;
    const isSame = other.process.environment === sent.process.environment;
    if (!isSame && other.process.name !== 'deliver') continue;
    const knownAfterMs = isSame ? ADMITTED_BEFORE_MS : KNOWN_AFTER_MS;
    const sinceMs = sent.startedAtMs - other.answeredAtMs;
    if (sinceMs < knownAfterMs || sinceMs > waitMs - CLOCKS_DIFFER_MS) continue;
    fail(`${sent.endpointId} asked for ${waitMs / 1000} s, and was sent a request after ${sinceMs / 1000} s`);
  }
}

/** An attempt whose answer asked for a wait does not count. */
export async function checkNoAttemptUsed({ eventLog, hub, fail }: RunWorld): Promise<void> {
  for (const orderId of hub.orderIds) {
    for (const row of await eventLog.deliveries(orderKey(orderId))) {
      const { attempts, attemptCount, eventId, endpointId } = row;
      if (attempts.length >= ATTEMPTS_KEPT || (isSettled(row) && row.state === 'dead')) continue;
      const counted = attempts.filter(({ retryAfterSeconds }) => retryAfterSeconds === undefined).length;
      if (attemptCount > counted)
        fail(`${eventId} has ${attemptCount} attempts at ${endpointId}, of which only ${counted} count`);
    }
  }
}
