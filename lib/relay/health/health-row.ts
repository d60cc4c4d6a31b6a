/** An endpoint's row of kind `health` in the Config table. People may edit it, so invalid attributes are ignored. */
import { isTooFarAhead, LONGEST_WAIT_MS } from '../model/clock.ts';
import * as z from '../model/zod.ts';
import type { ConfigRow, RowAttributes } from '../ports/config-table.ts';
import { HEALTH_STATES, type Health, SHORT_WAIT_SECONDS, SLOW_FOR_MS, UNKNOWN_HEALTH } from './health.ts';
import { MOST_REFUSED_ORDERS } from './refusals.ts';

export interface HealthRow {
  readonly health: Health;
  /** The number of writes. Absent until a function first writes the row. */
  readonly version?: number;
  /** Since when the endpoint is removed and no delivery to it is pending or needs attention. */
  readonly goneSince?: Date;
  /** The invocation of deliver that holds the endpoint's lock, and when the lock expires. */
  readonly lockId?: string;
  readonly lockedUntil?: Date;
  /** The last lock holder's limit of requests in flight, and until when the next one starts with it. */
  readonly inFlightLimit?: number;
  readonly inFlightUntil?: Date;
  /** When the endpoint's rate limit allows the next request. */
  readonly nextSendAt?: Date;
  /** The state that the last notice reported. */
  readonly notifiedState?: NotifiedState;
  /** Notices reported dead deliveries up to this moment. */
  readonly deadNotifiedUntil?: Date;
}

/** The states that notices report: `failing` is sent as `endpoint.down`, `ok` as `endpoint.recovered`. */
const NOTIFIED_STATES = [...HEALTH_STATES, 'refusing'] as const;
export type NotifiedState = (typeof NOTIFIED_STATES)[number];

const moment = z.catch(
  z.optional(
    z.pipe(
      z.iso.datetime(),
      z.transform((text) => new Date(text)),
    ),
  ),
  undefined,
);
const count = z.catch(z.optional(z.int().check(z.minimum(0))), undefined);
const text = z.catch(z.optional(z.string()), undefined);

const healthSchema = z.object({
  state: z.catch(z.enum(HEALTH_STATES), 'ok'),
  reason: text,
  provenAt: moment,
  slowUntil: moment,
  consecutiveFailures: z.catch(z.int().check(z.minimum(0)), 0),
  failingSince: moment,
  failedProbes: count,
  lastSuccessAt: moment,
  lastAnswer: text,
  lastAnswerAt: moment,
  refusedOrders: z.catch(
    z.optional(
      z.pipe(
        z.array(z.string()),
        z.transform((orders) => orders.slice(0, MOST_REFUSED_ORDERS)),
      ),
    ),
    undefined,
  ),
  refusedSince: moment,
  retryAt: moment,
  busyUntil: moment,
  probeIntervalSeconds: count,
  recoveredAt: moment,
});
const HEALTH_ATTRIBUTES = z.keyof(healthSchema).options;

/** The row's attributes that are not part of {@link Health}. */
const bookkeepingSchema = z.object({
  version: count,
  goneSince: moment,
  lockId: text,
  lockedUntil: moment,
  inFlightLimit: count,
  inFlightUntil: moment,
  nextSendAt: moment,
  notifiedState: z.catch(z.optional(z.enum(NOTIFIED_STATES)), undefined),
  deadNotifiedUntil: moment,
});

export const NO_HEALTH_ROW: HealthRow = { health: UNKNOWN_HEALTH };

/**
 * How far ahead the relay writes each of these times. A time that is further ahead counts as absent: a success would
 * otherwise not count until then. `provenAt` is not compared with a clock, and the lock and the rate limit check their own.
 */
const LONGEST_AHEAD_MS = new Map<string, number>(
  Object.entries({
    slowUntil: SLOW_FOR_MS,
    failingSince: 0,
    lastSuccessAt: 0,
    lastAnswerAt: 0,
    refusedSince: 0,
    retryAt: LONGEST_WAIT_MS,
    busyUntil: SHORT_WAIT_SECONDS * 1000,
    recoveredAt: 0,
    goneSince: 0,
    deadNotifiedUntil: 0,
  }),
);

/** A row's attributes as they were parsed, without a look at the clock. */
export interface HealthAttributes {
  readonly health: z.infer<typeof healthSchema>;
  readonly bookkeeping: z.infer<typeof bookkeepingSchema>;
}

export function parseHealthAttributes(attributes: ConfigRow['attributes']): HealthAttributes {
  return { health: healthSchema.parse(attributes), bookkeeping: bookkeepingSchema.parse(attributes) };
}

export function healthRowAt({ health, bookkeeping }: HealthAttributes, now: Date): HealthRow {
  return { health: withSaneTimes(health, now), ...withSaneTimes(bookkeeping, now) };
}

export function parseHealthRow(row: ConfigRow | undefined, now: Date): HealthRow {
  return row === undefined ? NO_HEALTH_ROW : healthRowAt(parseHealthAttributes(row.attributes), now);
}

type Present<Parts> = { [Name in keyof Parts]: Exclude<Parts[Name], undefined> };

/** Leaves out the absent attributes, and times that are too far ahead. */
function withSaneTimes<Parts extends object>(parts: Parts, now: Date): Present<Parts> {
  const isKept = ([name, value]: [string, unknown]) =>
    value instanceof Date
      ? !isTooFarAhead(value, now, LONGEST_AHEAD_MS.get(name) ?? Number.POSITIVE_INFINITY)
      : value !== undefined;
  return Object.fromEntries(Object.entries(parts).filter(isKept)) as Present<Parts>;
}

/** The attributes that store a health; null removes an attribute. */
export function healthAttributes(health: Health): RowAttributes {
  return Object.fromEntries(HEALTH_ATTRIBUTES.map((name) => [name, health[name] ?? null]));
}
