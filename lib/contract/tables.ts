/** The names in the two tables' keys and indexes. The stack creates them, lib/aws reads and writes them. */

export const CONFIG_TABLE = { partitionKey: 'kind', sortKey: 'id' } as const;

/** The kinds of rows in the Config table: the values of its partition key. */
export type ConfigKind = 'endpoint' | 'source' | 'health';

export const EVENT_LOG_TABLE = {
  partitionKey: 'orderKey',
  sortKey: 'sk',
  /** DynamoDB's TTL deletes a row after this time, in epoch seconds. */
  timeToLive: 'expiresAt',
} as const;

/** Unfinished work by due time. The index is sparse: a row without these attributes is not in it. */
export const OWED_INDEX = { name: 'owed', partitionKey: 'owedTo', sortKey: 'dueAt' } as const;

/** All events by arrival time. A day is split into shards, because one partition takes 1,000 writes a second. */
export const BY_TIME_INDEX = { name: 'byTime', partitionKey: 'day', sortKey: 'eventId' } as const;

/**
 * The delivery rows of each endpoint, and the events that fan-out cancelled for a disabled endpoint, by event. Sparse, and
 * an entry never changes: it costs one write when its row is created, or when fan-out finishes the event.
 */
export const BY_ENDPOINT_INDEX = {
  name: 'byEndpoint',
  partitionKey: 'listedFor',
  sortKey: 'eventId',
} as const;
