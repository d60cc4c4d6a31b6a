/** Reads, describes and clears the health of endpoints. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { cleared, type Health } from '../../relay/health/health.ts';
import { type HealthRow, healthAttributes, parseHealthRow } from '../../relay/health/health-row.ts';
import { isRefusing, MOST_REFUSED_ORDERS } from '../../relay/health/refusals.ts';
import { StoreError } from '../../relay/ports/event-log.ts';
import type { Connection } from '../connection.ts';

/** The functions update the row concurrently, so a conditional write can fail. */
const MAX_WRITES = 5;

/** The health of an endpoint in one word. */
export type HealthWord = 'new' | 'ok' | 'slow' | 'failing' | 'refusing' | 'recovering' | 'disabled';

/** An endpoint's health as people and scripts see it. */
export interface EndpointHealth {
  readonly state: HealthWord;
  /** Why it is failing or disabled. */
  readonly reason?: string;
  readonly failingSince?: Date;
  readonly consecutiveFailures: number;
  readonly slowUntil?: Date;
  /** The last accepted request. Up to five minutes old while the endpoint accepts every request. */
  readonly lastSuccessAt?: Date;
  /** The status of the last answer, or why there was none; and when its request started. */
  readonly lastAnswer?: { readonly answer: string; readonly at: Date | undefined };
  /** The different orders that the endpoint refused since it last accepted a request. */
  readonly refusals?: { readonly orders: number; readonly orMore: boolean; readonly since: Date | undefined };
  /** While the endpoint is failing. */
  readonly probes?: { readonly failed: number; readonly nextAt: Date | undefined };
}

/** @param health undefined when the relay has sent the endpoint nothing yet */
export function healthWordOf(health: Health | undefined): HealthWord {
  if (health === undefined) return 'new';
  if (health.state !== 'ok') return health.state;
  if (isRefusing(health)) return 'refusing';
  if (health.slowUntil !== undefined) return 'slow';
  if (health.recoveredAt !== undefined) return 'recovering';
  // A quick 401 proves that the endpoint is quick, not that it accepts anything.
  return health.lastSuccessAt === undefined ? 'new' : 'ok';
}

export function describeHealth(health: Health): EndpointHealth {
  const { reason, failingSince, consecutiveFailures, slowUntil, lastSuccessAt, lastAnswer } = health;
  const { refusedOrders = [], refusedSince } = health;
  const orders = refusedOrders.length;
  return {
    state: healthWordOf(health),
    consecutiveFailures,
    ...(reason !== undefined && { reason }),
    ...(failingSince !== undefined && { failingSince }),
    ...(slowUntil !== undefined && { slowUntil }),
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
    ...(lastAnswer !== undefined && { lastAnswer: { answer: lastAnswer, at: health.lastAnswerAt } }),
    ...(orders > 0 && {
      refusals: { orders, orMore: orders >= MOST_REFUSED_ORDERS, since: refusedSince },
    }),
    ...(health.state === 'failing' && {
      probes: { failed: health.failedProbes ?? 0, nextAt: health.retryAt },
    }),
  };
}

/** By endpoint id. Includes removed endpoints until their deliveries are cancelled. */
export async function readHealth({
  configTable,
  clock,
}: Pick<Connection, 'clock' | 'configTable'>): Promise<Map<string, Health>> {
  const rows = await configTable.rows('health');
  const now = clock.now();
  return new Map(rows.map((row) => [row.id, parseHealthRow(row, now).health]));
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
    const row = parseHealthRow(written, clock.now());
    if (!when(row)) return undefined;
    const { version } = row;
    // `recoveredAt` makes parked deliveries due at once.
    const attributes = healthAttributes({ ...cleared(row.health), recoveredAt: clock.now() });
    const change = { ...attributes, version: (version ?? 0) + 1 };
    // The version as the table has it: a person may have edited it.
    if (await configTable.updateHealth(id, { version: written.attributes.version }, change))
      return row.health;
  }
  throw new StoreError(`the functions kept changing the health of ${id}: run the command again`);
}
