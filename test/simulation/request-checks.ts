/** How many requests there may be: per delivery, and per second. */
import { ENDPOINT_IDS } from './endpoints.ts';
import { isFailing } from './health-checks.ts';
import { inForce } from './in-force.ts';
import type { Sent } from './receivers.ts';
import { isReplayed, type RunWorld } from './run-world.ts';
import { askedForMs } from './wait-checks.ts';

/** Fan-out gives one inline attempt up early, and that one does not count. */
const CUT_SHORT_AT_MOST = 1;
/** Clocks differ by two seconds, a slot is good for one more, and the calls after it take a moment. */
const LATE_FOR_ITS_SLOT_MS = 3_500;

export function checkRequests(world: RunWorld): void {
  const deliveries = Map.groupBy(
    world.receivers.sent,
    ({ endpointId, eventId }) => `${endpointId} ${eventId}`,
  );
  for (const requests of deliveries.values()) {
    checkAttempts(requests, world);
    checkDuplicates(requests, world);
  }
  for (const endpointId of ENDPOINT_IDS) checkRate(endpointId, world);
}

/**
 * A delivery is attempted as often as its endpoint's row says. Probes and attempts that asked for a wait do not count, and an attempt whose sender met a
 * fault may not have been counted.
 */
function checkAttempts(requests: readonly Sent[], world: RunWorld): void {
  const { configTable, fail } = world;
  const [first] = requests;
  if (first === undefined || isReplayed(world, first.endpointId, first.eventId)) return;
  const { endpointId, eventId } = first;
  const [row] = configTable.during('endpoint', endpointId, 0, Number.POSITIVE_INFINITY);
  const attempts = requests.filter(
    (sent) =>
      sent.process.faultsMet === 0 &&
      askedForMs(sent) === undefined &&
      !configTable.during('health', endpointId, sent.startedAtMs, sent.startedAtMs).some(isFailing),
  );
  if (attempts.length > Number(row?.maxAttempts ?? 10) + CUT_SHORT_AT_MOST)
    fail(`${eventId} was attempted ${attempts.length} times for ${endpointId}`);
}

/** A request after the sender of an earlier one got a 2xx is excused by a fault that this sender met, or by a replay. */
function checkDuplicates(requests: readonly Sent[], world: RunWorld): void {
  for (const sent of requests) {
    const { endpointId, eventId, startedAtMs } = sent;
    const first = requests.find(
      ({ acknowledgedAtMs = Number.POSITIVE_INFINITY }) => acknowledgedAtMs <= startedAtMs,
    );
    if (first === undefined || first.process.faultsMet > 0) continue;
    if (isReplayed(world, endpointId, eventId)) continue;
    world.fail(`${eventId} was sent to ${endpointId} again, though nothing happened to who delivered it`);
  }
  const [, second] = requests;
  if (second === undefined || world.faults.total > 0 || world.operator.replays.size > 0) return;
  world.fail(`${second.eventId} was sent twice to ${second.endpointId} without a fault`);
}

/**
 * In any W seconds an endpoint with r requests a second gets at most r × (W + 3.5) + 1. Requests whose sender met a fault
 * may be late for their slots, and do not count. An endpoint with secrets is not checked: it takes time to read them.
 */
function checkRate(endpointId: string, world: RunWorld): void {
  const { receivers, fail, scheduler } = world;
  const limits = inForce(world, endpointId, 'rateLimitPerSecond', 0, scheduler.nowMs);
  const secrets = [
    ...inForce(world, endpointId, 'headers', 0, scheduler.nowMs),
    ...inForce(world, endpointId, 'auth', 0, scheduler.nowMs),
  ];
  if ([...limits].every((limit) => limit === undefined) || secrets.some((one) => one !== undefined)) return;
  const sent = receivers.sent.filter(
    (each) => each.endpointId === endpointId && each.process.faultsMet === 0,
  );
  for (const [from, first] of sent.entries()) {
    for (const [further, last] of sent.slice(from + 1).entries()) {
      const [limit, ...others] = inForce(
        world,
        endpointId,
        'rateLimitPerSecond',
        first.startedAtMs,
        last.startedAtMs,
      );
      if (limit === undefined || others.length > 0) break;
      const seconds = (last.startedAtMs - first.startedAtMs + LATE_FOR_ITS_SLOT_MS) / 1000;
      const requests = further + 2;
      if (requests <= Number(limit) * seconds + 1) continue;
      fail(`${endpointId} got ${requests} requests in ${seconds.toFixed(1)} s at ${limit} per second`);
      return;
    }
  }
}
