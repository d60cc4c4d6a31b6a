/** Groups the dead and cancelled deliveries by endpoint, state and cause. Reads a bounded number of rows. */
import { attentionOf, type Delivery, isSettled } from '../../relay/model/delivery.ts';
import type { EventKey } from '../../relay/model/event.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { OwedDelivery } from '../../relay/ports/event-log.ts';
import { forEachInBatches } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { readCancelledInFanOut } from '../deliveries/cancelled-in-fan-out.ts';
import { causeOf } from '../deliveries/delivery-cause.ts';
import type { BoundedCount } from '../deliveries/delivery-counts.ts';
import { knownEndpointIds } from '../deliveries/known-endpoints.ts';

/** Of each endpoint. Counting stops here. */
const MOST_COUNTED = 1_000;
const MOST_SAMPLES = 5;
const BATCH = 100;
const ALL_TIMES = new Date(0);

export interface DeliveryGroup {
  readonly endpointId: EndpointId;
  readonly state: 'dead' | 'cancelled';
  readonly cause: string;
  readonly count: BoundedCount;
  /** When the first and the last of the counted deliveries ended. */
  readonly oldest: Date;
  readonly newest: Date;
  /** The updates of the newest of them. */
  readonly samples: readonly EventKey[];
  /** How many of them fan-out cancelled without a row. They cannot be dropped. */
  readonly withoutRow: number;
}

type ReadConnection = Pick<Connection, 'configTable' | 'eventReader'>;

/** Sorted by endpoint, the largest group first. */
export async function deliveryGroups(connection: ReadConnection): Promise<DeliveryGroup[]> {
  const ids = [...(await knownEndpointIds(connection))].sort();
  const entries: Entry[] = [];
  await forEachInBatches(ids, {}, async (id) => {
    entries.push(...(await readListed(connection, id)));
  });
  entries.push(...(await readCancelled(connection, ids)));
  return grouped(entries).sort(
    (one, other) =>
      compare(one.endpointId, other.endpointId) ||
      other.count.count - one.count.count ||
      compare(one.cause, other.cause),
  );
}

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));

interface Entry {
  readonly delivery: Delivery;
  readonly hasRow: boolean;
  /** Its list goes on. */
  readonly isMore: boolean;
}

async function readListed({ eventReader }: ReadConnection, id: EndpointId): Promise<Entry[]> {
  const query = { dueSince: ALL_TIMES, backwards: true, pageSize: MOST_COUNTED + 1 };
  const keys: OwedDelivery[] = [];
  for await (const item of eventReader.owed([attentionOf(id)], query)) {
    if (item.kind === 'delivery') keys.push(item);
    if (keys.length > MOST_COUNTED) break;
  }
  const deliveries = keys.length === 0 ? [] : await eventReader.deliveriesOf(keys.slice(0, MOST_COUNTED));
  const isMore = keys.length > MOST_COUNTED;
  return deliveries.map((delivery) => ({ delivery, hasRow: true, isMore }));
}

async function readCancelled(
  connection: ReadConnection,
  endpointIds: readonly EndpointId[],
): Promise<Entry[]> {
  const query = { endpointIds, since: ALL_TIMES, newestFirst: true, batchSize: BATCH };
  const deliveries: Delivery[] = [];
  let examined = 0;
  for await (const batch of readCancelledInFanOut(connection, query)) {
    if (examined >= MOST_COUNTED) return toEntries(deliveries, true);
    deliveries.push(...batch.map(({ delivery }) => delivery));
    examined += BATCH;
  }
  return toEntries(deliveries, false);
}

function toEntries(deliveries: readonly Delivery[], isMore: boolean): Entry[] {
  return deliveries.map((delivery) => ({ delivery, hasRow: false, isMore }));
}

function grouped(entries: readonly Entry[]): DeliveryGroup[] {
  const ended = entries.flatMap(({ delivery, ...entry }) => {
    // The index is eventually consistent, so the row decides.
    if (!isSettled(delivery)) return [];
    const { state } = delivery;
    if (state !== 'dead' && state !== 'cancelled') return [];
    return [{ ...delivery, ...entry, state, cause: causeOf(delivery) }];
  });
  const groups = Map.groupBy(ended, ({ endpointId, state, cause }) =>
    JSON.stringify([endpointId, state, cause]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { endpointId, state, cause } = first;
    const times = group.map(({ settledAt }) => settledAt.getTime());
    return [
      {
        ...{ endpointId, state, cause },
        count: { count: group.length, isMore: group.some(({ isMore }) => isMore) },
        withoutRow: group.filter(({ hasRow }) => !hasRow).length,
        oldest: new Date(Math.min(...times)),
        newest: new Date(Math.max(...times)),
        samples: group.slice(0, MOST_SAMPLES).map(({ orderKey, eventId }) => ({ orderKey, eventId })),
      },
    ];
  });
}
