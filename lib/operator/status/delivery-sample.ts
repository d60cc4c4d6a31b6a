/** The share of the newest webhooks that each endpoint received, and how long it took. */
import type { Delivery } from '../../relay/model/delivery.ts';
import { SHOWN_STATES, type ShownState } from '../../relay/model/delivery-state.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { type EndpointId, eventTime } from '../../relay/model/ids.ts';
import { nameOf } from '../deliveries/newest-first-page.ts';
import type { StatusConnection } from './status-connection.ts';

export interface Sample {
  /** For a label: `of the newest 200 webhooks, since 09:12`. */
  readonly range: {
    readonly webhooks: number;
    /** The oldest one's time; absent without any. */
    readonly since?: Date;
  };
  readonly of: (id: EndpointId) => EndpointSample;
}

export interface EndpointSample {
  /** The outcomes of the sampled webhooks at this endpoint. */
  readonly outcomes: Readonly<Record<ShownState, number>>;
  /**
   * Delivered, as a part of 1 of those that the endpoint should have received. Superseded and skipped webhooks do not
   * count. Absent when there is none.
   */
  readonly deliveredShare?: number;
  /**
   * From the webhook to the answer, of those delivered without a person's help. Deliveries by fan-out count until it
   * has all its answers. Absent when there is none.
   */
  readonly timeToDeliver?: TimeToDeliver;
}

interface TimeToDeliver {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Deliveries that were timed. */
  readonly deliveries: number;
}

/** Delivery rows to read for all endpoints together. Each has the same part of it. */
const MOST_ROWS = 1_000;
/** DynamoDB reads at most 100 rows in one batch. */
const BATCH = 100;

export async function readSample(
  { eventReader }: StatusConnection,
  newest: readonly EventKey[],
  endpointIds: readonly EndpointId[],
): Promise<Sample> {
  const oldest = newest.at(-1);
  if (oldest === undefined) return { range: { webhooks: 0 }, of: () => summaryOf([]) };
  const since = eventTime(oldest.eventId);
  const events = await readInBatches(newest, (keys) => eventReader.eventsOf(keys));
  const sampled = new Map(events.map((event) => [nameOf(event), event]));
  const rowsPerEndpoint = Math.floor(MOST_ROWS / Math.max(1, endpointIds.length));
  const settledAt = new Map<string, Date>();
  const withRow = new Set<string>();

  async function readRowsOf(endpointId: EndpointId): Promise<void> {
    const keys = [];
    for await (const key of eventReader.deliveryKeys(endpointId, { since, pageSize: newest.length })) {
      withRow.add(nameAt(key, endpointId));
      const state = sampled.get(nameOf(key))?.outcomes?.[endpointId]?.state;
      if (state === 'delivered' && keys.length < rowsPerEndpoint) keys.push(key);
    }
    const rows = await readInBatches(keys, (batch) => eventReader.deliveriesOf(batch));
    for (const row of rows) {
      const at = settlingTime(row);
      if (at !== undefined) settledAt.set(nameAt(row, endpointId), at);
    }
  }
  await Promise.all(endpointIds.map(readRowsOf));

  return {
    range: { webhooks: newest.length, since },
    of: (id) =>
      summaryOf(
        events.flatMap((event) => {
          const outcome = event.outcomes?.[id];
          if (outcome === undefined) return [];
          const name = nameAt(event, id);
          const at = withRow.has(name) ? settledAt.get(name) : event.fannedOutAt;
          const isTimed = outcome.state === 'delivered' && !outcome.replayed && at !== undefined;
          return [{ state: outcome.state, ...(isTimed && { tookMs: tookMs(event, at) }) }];
        }),
      ),
  };
}

const nameAt = (key: EventKey, id: EndpointId) => `${nameOf(key)} ${id}`;
const tookMs = ({ receivedAt }: EventRecord, at: Date) => Math.max(0, at.getTime() - receivedAt.getTime());

function settlingTime(row: Delivery): Date | undefined {
  return row.state === 'delivered' && row.replayedAt === undefined ? row.settledAt : undefined;
}

async function readInBatches<Key, Row>(
  keys: readonly Key[],
  read: (batch: readonly Key[]) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, index) =>
    read(keys.slice(index * BATCH, (index + 1) * BATCH)),
  );
  return (await Promise.all(batches)).flat();
}

function summaryOf(
  results: readonly { readonly state: ShownState; readonly tookMs?: number }[],
): EndpointSample {
  const outcomes: Record<ShownState, number> = {
    ...{ pending: 0, delivered: 0, superseded: 0, skipped: 0, dead: 0, cancelled: 0 },
  };
  for (const state of SHOWN_STATES)
    outcomes[state] = results.filter((result) => result.state === state).length;
  const due = outcomes.delivered + outcomes.pending + outcomes.dead + outcomes.cancelled;
  const times = results.flatMap((result) => result.tookMs ?? []).toSorted((one, other) => one - other);
  const [p50Ms, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)];
  return {
    outcomes,
    ...(due > 0 && { deliveredShare: outcomes.delivered / due }),
    ...(p50Ms !== undefined &&
      p99Ms !== undefined && { timeToDeliver: { p50Ms, p99Ms, deliveries: times.length } }),
  };
}

/** The smallest time that at least this part of the times does not exceed. */
function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.ceil(sorted.length * part) - 1];
}
