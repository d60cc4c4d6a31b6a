/** How an endpoint fares, as the functions have written it down; and forgetting it, so that they try again. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { cleared, type Health } from '../../relay/health/health.ts';
import { type HealthRow, healthAttributes, parseHealthRow } from '../../relay/health/health-row.ts';
import { StoreError } from '../../relay/ports/event-log.ts';
import type { Connection } from '../connection.ts';

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
 * Makes an endpoint `ok` again and forgets its failures. What is known of its speed stays, and so does the row itself,
 * by which sweep finds the endpoint's deliveries.
 *
 * @param when decides, by the health as it is at the moment of writing, whether there is anything to clear
 * @returns the health that was cleared; undefined when there was nothing to clear
 */
export async function clearHealth(
  { configTable, clock }: Pick<Connection, 'clock' | 'configTable'>,
  { id }: Pick<Endpoint, 'id'>,
  when: (row: HealthRow) => boolean,
): Promise<Health | undefined> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const written = await configTable.healthRow(id);
    if (written === undefined) return undefined;
    const row = parseHealthRow(written);
    if (!when(row)) return undefined;
    const { version } = row;
    // Waiting deliveries are sent at once, whatever their schedule says.
    const attributes = healthAttributes({ ...cleared(row.health), recoveredAt: clock.now() });
    const change = { ...attributes, version: (version ?? 0) + 1 };
    if (await configTable.updateHealth(id, { version }, change)) return row.health;
  }
  throw new StoreError(`the health of ${id} was changed by the functions again and again: try once more`);
}
