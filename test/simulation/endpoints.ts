/** The endpoints of every run, by id, and how each wants the events of an order. */
import type { SimulatedConfigTable } from './config-table.ts';
import { CREDENTIALS } from './credentials.ts';
import type { Faults } from './faults.ts';
import { FILTER } from './filter.ts';
import type { Weather } from './rates.ts';
import type { Scheduler } from './scheduler.ts';

const ORDERINGS = {
  erp: 'latest',
  shop: 'latest',
  audit: 'strict',
  chat: 'none',
  vip: 'latest',
  ledger: 'strict',
  quiet: 'latest',
  tally: 'latest',
} as const;
export const ENDPOINT_IDS = Object.keys(ORDERINGS);

/** In runs with bad endpoints, these answer all the time, and are proven. */
export const WELL: ReadonlySet<string> = new Set(['erp', 'audit', 'chat']);

/** Settings that some of them have. */
const WISHES: Readonly<Record<string, object>> = {
  quiet: { debounceSeconds: 20 },
  tally: { skipUnchanged: true },
};

/** One that gets nothing but notices. */
const PAGER = { id: 'pager', row: { sources: [], notices: true, ordering: 'none' } } as const;

/** Those that want some of the events only. */
const FILTERED: ReadonlySet<string> = new Set(['vip', 'ledger']);

/** In some runs its row was added just now, and stale reads of the config miss it. */
export const NEWCOMER = 'chat';

/** True when somebody gets the notices. */
export function hasPager(configTable: SimulatedConfigTable): boolean {
  return configTable.rowsAt('endpoint', Number.POSITIVE_INFINITY).some(({ id }) => id === PAGER.id);
}

export function addEndpoints(
  configTable: SimulatedConfigTable,
  scheduler: Scheduler,
  weather: Weather,
  faults: Faults,
): void {
  const isOneNew = faults.strikes('endpoint added just now');
  const areProven = scheduler.chance(0.6);
  const hasCredentials = scheduler.chance(0.5);
  // Most runs never use all attempts up, so that every event has to be delivered.
  const maxAttempts = scheduler.chance(0.2) ? Math.floor(scheduler.between(3, 10)) : 100;
  for (const [id, ordering] of Object.entries(ORDERINGS)) {
    const provenAt = new Date(scheduler.nowMs).toISOString();
    const isWell = weather === 'bad endpoints' && WELL.has(id);
    if (areProven || isWell) configTable.putLongAgo('health', id, { state: 'ok', provenAt });
    const isLimited = scheduler.chance(0.1);
    const rateLimitPerSecond = scheduler.between(0.2, 5);
    const row = {
      url: `https://${id}/?orderid=`,
      ordering,
      timeoutSeconds: 1 + Math.floor(scheduler.random() * 30),
      maxAttempts,
      ...(hasCredentials && !isWell && CREDENTIALS[id]),
      ...(FILTERED.has(id) && { filter: FILTER }),
      ...WISHES[id],
      ...(isLimited && !isWell && { rateLimitPerSecond }),
    };
    if (isOneNew && id === NEWCOMER) configTable.put('endpoint', id, row);
    else configTable.putLongAgo('endpoint', id, row);
  }
  if (scheduler.chance(0.3))
    configTable.putLongAgo('endpoint', PAGER.id, { url: `https://${PAGER.id}/`, ...PAGER.row });
}
