/**
 * Which settings of an endpoint may have been in force for an event.
 *
 * An endpoint's settings change while its deliveries are pending, and each function learns of it in its own time. So a
 * check of an ordering applies to an event only if that ordering alone was in force from {@link TAKES_EFFECT_MS} before
 * the event was made until the moment of the check. The same holds for a filter and a rate limit.
 */
import type { EventId } from '../../lib/relay/model/ids.ts';
import { eventTime } from '../../lib/relay/model/ids.ts';
import type { SimulatedConfigTable } from './config-table.ts';

/** A stale read is two minutes behind, a function runs for two minutes, and it caches what it read. */
const TAKES_EFFECT_MS = 5 * 60_000;

interface InForceWorld {
  readonly configTable: SimulatedConfigTable;
  readonly scheduler: { readonly nowMs: number };
}

/** Every value that the setting had. */
export function inForce(
  { configTable }: InForceWorld,
  endpointId: string,
  setting: string,
  sinceMs: number,
  untilMs: number,
): Set<unknown> {
  const rows = configTable.during('endpoint', endpointId, sinceMs - TAKES_EFFECT_MS, untilMs);
  return new Set(rows.map(({ [setting]: value }) => value));
}

/**
 * The ordering that held for an event until now. Undefined when it changed, or when the filter did: what an endpoint was
 * sent under the filter before may be called skipped under the next, and then takes nothing's place any more.
 */
export function orderingOf(world: InForceWorld, endpointId: string, eventId: EventId): unknown {
  const sinceMs = eventTime(eventId).getTime();
  const orderings = inForce(world, endpointId, 'ordering', sinceMs, world.scheduler.nowMs);
  const filters = inForce(world, endpointId, 'filter', sinceMs, world.scheduler.nowMs);
  return orderings.size === 1 && filters.size === 1 ? [...orderings][0] : undefined;
}
