/** How an endpoint fares, as the functions have written it down; and forgetting it, so that they try again. */
import type { Endpoint } from '../relay/endpoint.ts';
import { closing, type Health } from '../relay/health.ts';
import { type HealthRow, healthAttributes, parseHealthRow } from '../relay/health-row.ts';
import { StoreError } from '../relay/ports.ts';
import type { Connection } from './connection.ts';

/** The functions write the row at the same time. */
const TRIES = 5;

/** By endpoint id; of endpoints that were removed, too, as long as something is owed to them. */
export async function readHealth({
  configTable,
}: Pick<Connection, 'configTable'>): Promise<Map<string, Health>> {
  const rows = await configTable.rows('health');
  return new Map(rows.map((row) => [row.id, parseHealthRow(row).health]));
}

/**
 * Makes the endpoint's circuit closed, as if nothing had been wrong. What is known of its speed stays, and so does the
 * row itself, by which sweep finds what is owed to an endpoint.
 *
 * @param when decides, by the health as it is at the moment of writing, whether there is anything to clear
 * @returns the health that was cleared; undefined when there was nothing to clear
 */
export async function clearHealth(
  { configTable }: Pick<Connection, 'configTable'>,
  { id }: Pick<Endpoint, 'id'>,
  when: (row: HealthRow) => boolean,
): Promise<Health | undefined> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const written = await configTable.healthRow(id);
    if (written === undefined) return undefined;
    const row = parseHealthRow(written);
    if (!when(row)) return undefined;
    const { version } = row;
    const attributes = healthAttributes(closing(row.health));
    const cleared = { ...attributes, nextSlotAt: null, version: (version ?? 0) + 1 };
    if (await configTable.updateHealth(id, { version }, cleared)) return row.health;
  }
  throw new StoreError(`the health of ${id} was changed by the functions again and again: try once more`);
}
