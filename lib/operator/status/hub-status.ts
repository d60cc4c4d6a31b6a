/** Whether the Hub sends webhooks: the last one, how many came, and whether it is silent. */
import type { Source } from '../../relay/endpoint/source.ts';
import { after } from '../../relay/model/clock.ts';
import { eventTime, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { ListedRow } from '../config-rows.ts';
import { HOUR_MS, type LastWebhook, type RecentWebhooks } from './recent-webhooks.ts';
import type { StatusConnection } from './status-connection.ts';

export interface HubStatus {
  /** The newest webhook of all sources; absent when none came in 30 days. */
  readonly lastWebhook?: LastWebhook;
  readonly silence: Silence;
  /** The last 24 hours. */
  readonly lastDay: Pick<RecentWebhooks, 'hours' | 'count' | 'today' | 'countedSince' | 'isMore'>;
  /** By id. */
  readonly sources: readonly SourceStatus[];
}

/**
 * - `none`: a webhook came in time, or the relay has no limit.
 * - `silent`: no webhook came for the hours of the limit.
 * - `never`: no webhook came in 30 days.
 */
interface Silence {
  readonly state: 'none' | 'silent' | 'never';
  /** Since when the relay is silent: the last webhook's time and the limit. */
  readonly since?: Date;
  /** Absent when the relay has no limit, or does not say. */
  readonly limitHours?: number;
}

interface SourceStatus {
  readonly id: SourceId;
  readonly enabled: boolean;
  /** Absent when none is among the webhooks that were read. */
  readonly lastWebhook?: LastWebhook;
}

const LOOKBACK_MS = 30 * 24 * HOUR_MS;

export async function hubStatus(
  connection: StatusConnection,
  recent: RecentWebhooks,
  sources: readonly ListedRow<Source>[],
  now: Date,
): Promise<HubStatus> {
  const lastWebhook = newestOf([...recent.lastOf.values()]) ?? (await olderWebhook(connection, now));
  const { hours, count, today, countedSince, isMore } = recent;
  return {
    ...(lastWebhook !== undefined && { lastWebhook }),
    silence: silenceOf(lastWebhook, connection.relay.silenceHours, now),
    lastDay: { hours, count, today, countedSince, isMore },
    sources: sources.flatMap((row) => {
      if (!('valid' in row)) return [];
      const { id, enabled } = row.valid;
      const last = recent.lastOf.get(id);
      return [{ id, enabled, ...(last !== undefined && { lastWebhook: last }) }];
    }),
  };
}

function newestOf(all: readonly LastWebhook[]): LastWebhook | undefined {
  return all.toSorted((one, other) => other.at.getTime() - one.at.getTime())[0];
}

/** Reads until the first webhook, day by day. */
async function olderWebhook(
  { eventLog, eventReader }: StatusConnection,
  now: Date,
): Promise<LastWebhook | undefined> {
  const eventId = await eventLog.newestWebhook(after(now, -LOOKBACK_MS));
  const orderKey = eventId && (await eventReader.orderOfEvent(eventId));
  return eventId && orderKey && { at: eventTime(eventId), source: sourceOf(orderKey), eventId };
}

function silenceOf(last: LastWebhook | undefined, limitHours: number | undefined, now: Date): Silence {
  const limit = limitHours !== undefined && limitHours > 0 ? { limitHours } : {};
  if (last === undefined) return { state: 'never', ...limit };
  if (limit.limitHours === undefined) return { state: 'none' };
  const since = after(last.at, limit.limitHours * HOUR_MS);
  return since > now ? { state: 'none', ...limit } : { state: 'silent', since, ...limit };
}
