/** Counts the deliveries that wait or need attention. Reads a bounded number of rows for each endpoint. */
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import { attentionOf, type Delivery, type DeliveryKey } from '../../relay/model/delivery.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { OwedItem } from '../../relay/ports/event-log.ts';
import { idOf, type ListedRow } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { readCancelledInFanOut } from './cancelled-in-fan-out.ts';

/** Counting stops here. */
const COUNT_LIMIT = 1_000;

/** DynamoDB reads at most 100 rows in one batch. */
const BATCH = 100;
const ALL_TIMES = new Date(0);

/** `isMore`: counting stopped at the limit, so there are at least `count`. */
export interface BoundedCount {
  readonly count: number;
  readonly isMore: boolean;
}

export interface DeliveryCounts {
  readonly pending: BoundedCount;
  readonly dead: BoundedCount;
  readonly cancelled: BoundedCount;
}

type ReadConnection = Pick<Connection, 'eventReader'>;

/** Counts the deliveries of each endpoint. */
export async function countDeliveries(
  connection: ReadConnection,
  ids: readonly EndpointId[],
): Promise<ReadonlyMap<string, DeliveryCounts>> {
  const counts = await Promise.all(ids.map(async (id) => [id, await countOf(connection, id)] as const));
  return new Map<string, DeliveryCounts>(counts);
}

/** The sum of all endpoints' counts. */
export function sumOf(counts: Iterable<DeliveryCounts>): DeliveryCounts {
  return [...counts].reduce(
    (sum, one) => ({
      pending: plus(sum.pending, one.pending),
      dead: plus(sum.dead, one.dead),
      cancelled: plus(sum.cancelled, one.cancelled),
    }),
    { pending: NONE, dead: NONE, cancelled: NONE },
  );
}

const NONE: BoundedCount = { count: 0, isMore: false };

function plus(one: BoundedCount, other: BoundedCount): BoundedCount {
  return { count: one.count + other.count, isMore: one.isMore || other.isMore };
}

async function countOf(connection: ReadConnection, id: EndpointId): Promise<DeliveryCounts> {
  const [pending, ended] = await Promise.all([
    countPending(connection, id),
    countNeedingAttention(connection, id),
  ]);
  return { pending, ...ended };
}

/** Counts the dead and the cancelled deliveries of one endpoint. */
export async function countNeedingAttention(
  connection: ReadConnection,
  id: EndpointId,
): Promise<Pick<DeliveryCounts, 'dead' | 'cancelled'>> {
  const [ended, cancelledInFanOut] = await Promise.all([
    countEnded(connection, id),
    countCancelledInFanOut(connection, id),
  ]);
  return { dead: ended.dead, cancelled: plus(ended.cancelled, cancelledInFanOut) };
}

/** Without reading the rows: almost all entries of an endpoint's list are pending. */
async function countPending({ eventReader }: ReadConnection, id: EndpointId): Promise<BoundedCount> {
  let count = 0;
  for await (const _ of eventReader.owed([id], { dueSince: ALL_TIMES, pageSize: COUNT_LIMIT + 1 })) {
    if (count === COUNT_LIMIT) return { count, isMore: true };
    count += 1;
  }
  return { count, isMore: false };
}

/** The list does not say which of its deliveries are dead and which are cancelled: the rows do. */
async function countEnded(
  { eventReader }: ReadConnection,
  id: EndpointId,
): Promise<Pick<DeliveryCounts, 'dead' | 'cancelled'>> {
  const query = { dueSince: ALL_TIMES, backwards: true, pageSize: COUNT_LIMIT + 1 };
  const items: OwedItem[] = [];
  for await (const item of eventReader.owed([attentionOf(id)], query)) {
    items.push(item);
    if (items.length > COUNT_LIMIT) break;
  }
  const isMore = items.length > COUNT_LIMIT;
  const keys = items.slice(0, COUNT_LIMIT).filter((item) => item.kind === 'delivery');
  const rows = await readAll(eventReader, keys);
  const count = (state: Delivery['state']) => rows.filter((row) => row.state === state).length;
  return { dead: { count: count('dead'), isMore }, cancelled: { count: count('cancelled'), isMore } };
}

async function readAll(eventReader: Connection['eventReader'], keys: readonly DeliveryKey[]) {
  const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, index) =>
    eventReader.deliveriesOf(keys.slice(index * BATCH, (index + 1) * BATCH)),
  );
  return (await Promise.all(batches)).flat();
}

async function countCancelledInFanOut(connection: ReadConnection, id: EndpointId): Promise<BoundedCount> {
  const query = { endpointIds: [id], since: ALL_TIMES, newestFirst: true, batchSize: BATCH };
  let count = 0;
  let examined = 0;
  for await (const batch of readCancelledInFanOut(connection, query)) {
    // The list of several endpoints can be long. Without any of this endpoint among its newest, it counts as none.
    if (examined >= COUNT_LIMIT) return { count, isMore: count > 0 };
    count += batch.length;
    examined += BATCH;
  }
  return { count, isMore: false };
}

/** Adds its deliveries' counts to each endpoint. */
export async function withCounts<Row extends ListedRow<{ readonly id: string }>>(
  connection: ReadConnection,
  rows: readonly Row[],
): Promise<(Row & { readonly deliveries?: DeliveryCounts })[]> {
  const ids = rows.flatMap((row) => endpointIdSchema.safeParse(idOf(row)).data ?? []);
  const counts = await countDeliveries(connection, ids);
  return rows.map((row) => {
    const deliveries = counts.get(idOf(row));
    return { ...row, ...(deliveries !== undefined && { deliveries }) };
  });
}
