/** Checks the requests to failing and to unproven endpoints. */
import type { ConfigRow } from '../../lib/relay/ports/config-table.ts';
import type { Sent } from './receivers.ts';
import type { RunWorld } from './run-world.ts';
import { askedForMs } from './wait-checks.ts';

/** A function caches the health rows for ten seconds, and slow calls may take as long again. */
const KNOWN_AFTER_MS = 30_000;
const IN_FLIGHT_AT_MOST = 10;
const FIRST_PROBE_INTERVAL_MS = 60_000;
const LONGEST_PROBE_INTERVAL_MS = 15 * 60_000;
/** One function reads the clock, another one acts by it; and the calls between the two take a moment. */
const CLOCKS_DIFFER_MS = 2_500;

type Attributes = ConfigRow['attributes'];

export function isFailing({ state }: Attributes): boolean {
  return state === 'failing';
}

export function isProven({ provenAt, slowUntil }: Attributes): boolean {
  return provenAt !== undefined && slowUntil === undefined;
}

/** Deliver has at most ten requests in flight to an unproven endpoint. */
export function checkRamp(sent: Sent, world: RunWorld): void {
  if (sent.process.name !== 'deliver' || !isKnownToBe((row) => !isProven(row), sent, world)) return;
  const inFlight = world.receivers.sent.filter(
    (other) =>
      other.endpointId === sent.endpointId &&
      other.process.name === 'deliver' &&
      other.inFlightUntilMs > sent.startedAtMs,
  );
  if (inFlight.length + 1 > IN_FLIGHT_AT_MOST)
    world.fail(`${sent.endpointId} is unproven and has ${inFlight.length + 1} requests in flight`);
}

/**
 * A failing endpoint gets one request per probe interval: a minute, doubled by each probe, up to 15 minutes. A probe that
 * succeeds ends that, before the health row says so. Not checked
 * are the first 30 seconds of an outage, a probe after one that was answered with Retry-After, two of which either
 * sender met a fault, and runs in which functions cannot know the endpoint's health.
 */
export function checkProbe(sent: Sent, world: RunWorld): void {
  const { faults, receivers, fail } = world;
  if (faults.countOf('stale config read', 'config unreadable for minutes') > 0) return;
  // A cache in an environment that stood still is older than it looks.
  if (faults.countOf('process paused', 'process paused after it took a right') > 0) return;
  if (!isProbe(sent, world)) return;
  const probes = receivers.sent.filter(
    (other) => other.endpointId === sent.endpointId && isProbeOf(other, sent, world),
  );
  const last = probes.at(-1);
  if (last === undefined || last.process.faultsMet > 0 || last.acknowledgedAtMs !== undefined) return;
  if (askedForMs(last) !== undefined) return;
  const intervalMs = Math.min(FIRST_PROBE_INTERVAL_MS * 2 ** (probes.length - 1), LONGEST_PROBE_INTERVAL_MS);
  const gapMs = sent.startedAtMs - last.startedAtMs;
  if (gapMs < intervalMs - CLOCKS_DIFFER_MS)
    fail(`${sent.endpointId} is failing and was probed after ${(gapMs / 1000).toFixed(1)} s`);
}

function isProbe(sent: Sent, world: RunWorld): boolean {
  return sent.process.faultsMet === 0 && isKnownToBe(isFailing, sent, world);
}

/** True for an earlier probe of the same outage. */
function isProbeOf(earlier: Sent, sent: Sent, world: RunWorld): boolean {
  const sinceMs = earlier.startedAtMs - KNOWN_AFTER_MS;
  const rows = world.configTable.during('health', sent.endpointId, sinceMs, sent.startedAtMs);
  return rows.length > 0 && rows.every(isFailing);
}

function isKnownToBe(
  condition: (row: Attributes) => boolean,
  { endpointId, startedAtMs }: Sent,
  { configTable }: RunWorld,
): boolean {
  const rows = configTable.during('health', endpointId, startedAtMs - KNOWN_AFTER_MS, startedAtMs);
  return rows.length > 0 && rows.every(condition);
}
