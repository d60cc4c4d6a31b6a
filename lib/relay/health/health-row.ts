/** An endpoint's row of kind `health` in the Config table. People may edit it, so what is wrong in it is left out. */
import * as z from 'zod';
import type { ConfigRow, RowAttributes } from '../ports/config-table.ts';
import { HEALTH_STATES, type Health, UNKNOWN_HEALTH } from './health.ts';

export interface HealthRow {
  readonly health: Health;
  /** Counts the changes; absent in a row that no function has changed yet. */
  readonly version?: number;
  /** Since when the endpoint's own row is gone and nothing is owed to it any more. */
  readonly goneSince?: Date;
  /** The lock of the invocation of deliver that serves the endpoint, and when it ends at the latest. */
  readonly lockId?: string;
  readonly lockedUntil?: Date;
  /** How many requests may be in flight, for the next holder of the lock that continues a service. */
  readonly inFlightLimit?: number;
  /** When the endpoint's rate limit allows the next request. */
  readonly nextSendAt?: Date;
  /** What was last told of it, to whom asks for notices. */
  readonly toldState?: ToldState;
  /** Up to when its dead deliveries have been told of. */
  readonly toldDeadUntil?: Date;
}

/** What notices tell of an endpoint: that it is down, that it is given up, and that either is over. */
const TOLD_STATES = HEALTH_STATES;
export type ToldState = (typeof TOLD_STATES)[number];

const moment = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .optional()
  .catch(undefined);
const count = z.int().min(0).optional().catch(undefined);
const text = z.string().optional().catch(undefined);

const healthSchema = z.object({
  state: z.enum(HEALTH_STATES).catch('ok'),
  reason: text,
  provenAt: moment,
  slowUntil: moment,
  consecutiveFailures: z.int().min(0).catch(0),
  failingSince: moment,
  lastError: text,
  retryAt: moment,
  probeIntervalSeconds: count,
  recoveredAt: moment,
});
const HEALTH_ATTRIBUTES = healthSchema.keyof().options;

/** What else stands in the row. */
const besideSchema = z.object({
  version: count,
  goneSince: moment,
  lockId: text,
  lockedUntil: moment,
  inFlightLimit: count,
  nextSendAt: moment,
  toldState: z.enum(TOLD_STATES).optional().catch(undefined),
  toldDeadUntil: moment,
});

export const NO_HEALTH_ROW: HealthRow = { health: UNKNOWN_HEALTH };

export function parseHealthRow(row: ConfigRow | undefined): HealthRow {
  if (row === undefined) return NO_HEALTH_ROW;
  const { attributes } = row;
  const health: Health = present(healthSchema.parse(attributes));
  return { health, ...present(besideSchema.parse(attributes)) };
}

/** The attributes that make a row say this health; null removes one. */
export function healthAttributes(health: Health): RowAttributes {
  return Object.fromEntries(HEALTH_ATTRIBUTES.map((name) => [name, health[name] ?? null]));
}

function present<Parts extends object>(
  parts: Parts,
): { [Name in keyof Parts]: Exclude<Parts[Name], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof present<Parts>
  >;
}
