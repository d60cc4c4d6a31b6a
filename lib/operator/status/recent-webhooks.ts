/** Counts the newest webhooks by hour, and takes the newest of them as a sample, in one pass over the newest keys. */
import type { EventKey } from '../../relay/model/event.ts';
import { type EventId, eventTime, isRelayEvent, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { EventReader } from '../../relay/ports/operator.ts';

export const HOUR_MS = 60 * 60_000;

/** The webhooks of one hour, which begins at `start`. The first hour of a list began before it, and is not complete. */
interface HourCount {
  readonly start: Date;
  readonly count: number;
}

export interface LastWebhook {
  readonly at: Date;
  readonly source: SourceId;
  readonly eventId: EventId;
}

export interface RecentWebhooks {
  /** Every hour since the counting began, oldest first, also those without a webhook. */
  readonly hours: readonly HourCount[];
  readonly count: number;
  /** Since midnight in this machine's time zone. */
  readonly today: number;
  /** The counts cover the time since then. */
  readonly countedSince: Date;
  /** Counting stopped at its limit, so older webhooks of the time asked for are not counted. */
  readonly isMore: boolean;
  /** The newest webhook of each source that had one. */
  readonly lastOf: ReadonlyMap<SourceId, LastWebhook>;
  /** The sample, newest first. */
  readonly newest: readonly EventKey[];
}

export interface RecentQuery {
  readonly now: Date;
  readonly countSince: Date;
  /** The sample contains no older webhooks. */
  readonly since: Date;
  readonly countedEvents: number;
  readonly sampledWebhooks: number;
}

/** Keys to read at a time: 1,000 keys fill about 150 KB. */
const PAGE = 1_000;

/** Notices and tests are read and not counted. */
export async function recentWebhooks(
  eventReader: EventReader,
  { now, countSince, since, countedEvents, sampledWebhooks }: RecentQuery,
): Promise<RecentWebhooks> {
  const times: Date[] = [];
  const newest: EventKey[] = [];
  const lastOf = new Map<SourceId, LastWebhook>();
  let read = 0;
  let stoppedAt: Date | undefined;
  for await (const key of eventReader.eventKeys({ since, pageSize: Math.min(PAGE, countedEvents) })) {
    const at = eventTime(key.eventId);
    const isCounted = at >= countSince;
    if (read === countedEvents) {
      if (isCounted) stoppedAt = at;
      break;
    }
    if (!isCounted && newest.length >= sampledWebhooks) break;
    read += 1;
    if (isRelayEvent(key.orderKey)) continue;
    if (isCounted) times.push(at);
    if (newest.length < sampledWebhooks) newest.push(key);
    const source = sourceOf(key.orderKey);
    if (!lastOf.has(source)) lastOf.set(source, { at, source, eventId: key.eventId });
  }
  const countedSince = stoppedAt ?? countSince;
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  return {
    hours: hoursOf(times, countedSince, now),
    count: times.length,
    today: times.filter((time) => time >= midnight).length,
    countedSince,
    isMore: stoppedAt !== undefined,
    lastOf,
    newest,
  };
}

function hoursOf(times: readonly Date[], since: Date, now: Date): HourCount[] {
  const first = Math.floor(since.getTime() / HOUR_MS);
  const last = Math.floor(now.getTime() / HOUR_MS);
  const counts = new Map<number, number>();
  for (const time of times) {
    // A webhook's id can be ahead of this machine's clock.
    const hour = Math.min(Math.floor(time.getTime() / HOUR_MS), last);
    counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    start: new Date((first + index) * HOUR_MS),
    count: counts.get(first + index) ?? 0,
  }));
}
