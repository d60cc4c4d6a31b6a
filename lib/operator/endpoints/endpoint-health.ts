/** Reads and clears the health of endpoints. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { cleared, type Health } from '../../relay/health/health.ts';
import { type HealthRow, healthAttributes, parseHealthRow } from '../../relay/health/health-row.ts';
import { StoreError } from '../../relay/ports/event-log.ts';
import type { Connection } from '../connection.ts';

/** The functions update the row concurrently, so a conditional write can fail. */
const MAX_WRITES = 5;

/** By endpoint id. Includes removed endpoints until their deliveries are cancelled. */
export async function readHealth({
  configTable,
}: Pick<Connection, 'configTable'>): Promise<Map<string, Health>> {
  const rows = await configTable.rows('health');
  return new Map(rows.map((row) => [row.id, parseHealthRow(row).health]));
}

/**
 * Resets an endpoint's health to `ok` with no failures. Keeps its measured speed, and the row: sweep finds the endpoint's
 * deliveries through it.
 *
 * @param when returns whether to clear the current row
 * @returns the health before; undefined when nothing was cleared
 */
export async function clearHealth(
  { configTable, clock }: Pick<Connection, 'clock' | 'configTable'>,
  { id }: Pick<Endpoint, 'id'>,
  when: (row: HealthRow) => boolean,
): Promise<Health | undefined> {
  for (let write = 1; write <= MAX_WRITES; write++) {
    const written = await configTable.healthRow(id);
    if (written === undefined) return undefined;
    const row = parseHealthRow(written);
    if (!when(row)) return undefined;
    const { version } = row;
    // `recoveredAt` makes parked deliveries due at once.
    const attributes = healthAttributes({ ...cleared(row.health), recoveredAt: clock.now() });
    const change = { ...attributes, version: (version ?? 0) + 1 };
    if (await configTable.updateHealth(id, { version }, change)) return row.health;
  }
  throw new StoreError(`the functions kept changing the health of ${id}: run the command again`);
}
