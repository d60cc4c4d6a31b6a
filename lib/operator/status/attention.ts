/** Counts the items that need a person and belong to no endpoint alone. */
import type { InvalidRow } from '../../relay/config-rows.ts';
import type { Source } from '../../relay/endpoint/source.ts';
import { FAN_OUT_ATTENTION } from '../../relay/fan-out/quarantine.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { FAN_OUT, SHARDS } from '../../relay/model/ids.ts';
import type { ListedRow } from '../config-rows.ts';
import { QUEUE_NAMES } from '../connection.ts';
import type { BoundedCount } from '../deliveries/delivery-counts.ts';
import type { ListedEndpoint } from '../endpoints/endpoints.ts';
import type { StatusConnection } from './status-connection.ts';

/** The dead and cancelled deliveries are in the states of the endpoints. */
export interface Attention {
  /** Events that fan-out gave up on. */
  readonly abandoned: BoundedCount;
  /** Events whose fan-out failed repeatedly. It tries them again, and their orders continue without them. */
  readonly quarantined: BoundedCount;
  /** Events that wait for fan-out longer than a minute. */
  readonly notFannedOut: BoundedCount;
  readonly invalidEndpoints: readonly InvalidRow[];
  readonly invalidSources: readonly InvalidRow[];
  /** Messages in the dead-letter queues. SQS counts approximately. */
  readonly deadLetters: number;
}

/** The lists of events that wait for fan-out. */
export const FAN_OUT_LISTS = Array.from({ length: SHARDS }, (_, shard) => `${FAN_OUT}#${shard}`);

/** `isMore`: reading stopped at the limit. */
export interface OwedEvents {
  readonly events: readonly EventRecord[];
  readonly isMore: boolean;
}

/** Counting stops here. */
const COUNT_LIMIT = 100;
const MINUTE_MS = 60_000;

interface ConfigRows {
  readonly endpoints: readonly ListedEndpoint[];
  readonly sources: readonly ListedRow<Source>[];
}

export async function readAttention(
  connection: StatusConnection,
  { endpoints, sources }: ConfigRows,
  now: Date,
): Promise<Attention> {
  const [abandoned, unfinished, deadLetters] = await Promise.all([
    readOwedEvents(connection, [FAN_OUT_ATTENTION]),
    readOwedEvents(connection, FAN_OUT_LISTS),
    countDeadLetters(connection),
  ]);
  const late = now.getTime() - MINUTE_MS;
  const count = (list: OwedEvents, events = list.events): BoundedCount => ({
    count: events.length,
    isMore: list.isMore && events.length > 0,
  });
  const quarantined = unfinished.events.filter(({ quarantinedUntil }) => quarantinedUntil !== undefined);
  const waiting = unfinished.events.filter(
    ({ quarantinedUntil, receivedAt }) => quarantinedUntil === undefined && receivedAt.getTime() < late,
  );
  return {
    abandoned: count(abandoned),
    quarantined: count(unfinished, quarantined),
    notFannedOut: count(unfinished, waiting),
    invalidEndpoints: endpoints.flatMap((row) => ('invalid' in row ? [row.invalid] : [])),
    invalidSources: sources.flatMap((row) => ('invalid' in row ? [row.invalid] : [])),
    deadLetters,
  };
}

/** Events that are not fanned out. The latest due time first: a quarantined event is due later than others. */
export async function readOwedEvents(
  { eventReader }: Pick<StatusConnection, 'eventReader'>,
  lists: readonly string[],
): Promise<OwedEvents> {
  const query = { dueSince: new Date(0), backwards: true, pageSize: COUNT_LIMIT + 1 };
  const items = [];
  for await (const item of eventReader.owed(lists, query)) {
    items.push(item);
    if (items.length > COUNT_LIMIT) break;
  }
  const events = await eventReader.eventsOf(items.slice(0, COUNT_LIMIT));
  return {
    // The index is eventually consistent, so the row decides.
    events: events.filter(({ fannedOutAt }) => fannedOutAt === undefined),
    isMore: items.length > COUNT_LIMIT,
  };
}

async function countDeadLetters({ queues }: StatusConnection): Promise<number> {
  const { deadLetters } = await queues();
  const counts = await Promise.all(QUEUE_NAMES.map((name) => deadLetters[name].count()));
  return counts.reduce((sum, count) => sum + count, 0);
}
