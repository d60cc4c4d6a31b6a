/** The orders whose newest wanted update an endpoint did not receive. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Attempt, Delivery } from '../../relay/model/delivery.ts';
import { type ShownState, shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import {
  type EndpointId,
  type EventId,
  firstEventIdAt,
  isRelayEvent,
  type OrderKey,
} from '../../relay/model/ids.ts';
import { mergeSorted } from '../../relay/model/merge-sorted.ts';
import type { Reason } from '../../relay/model/reason.ts';
import { SEVERAL_ENDPOINTS } from '../../relay/ports/operator.ts';
import type { Connection } from '../connection.ts';
import { listEndpoints } from '../endpoints/endpoints.ts';
import { findEndpointId } from './known-endpoints.ts';
import {
  isNewer,
  type ListedKey,
  listedKeys,
  nameOf,
  type Page,
  type PageQuery,
  pageRange,
  type ReadingConnection,
  readPage,
  withoutRepeats,
} from './newest-first-page.ts';
import { type NextTry, nextTries } from './next-try.ts';

/** Orders to read at the same time. */
const PARALLEL = 10;

export interface MissedQuery extends PageQuery {
  readonly endpointId: string;
  readonly since: Date;
}

export interface MissedOrder {
  readonly orderKey: OrderKey;
  readonly orderId?: string;
  readonly niceId?: string;
  /** The newest update that the endpoint should have received and did not. */
  readonly eventId: EventId;
  readonly receivedAt: Date;
  /** `pending`: the relay still sends it. */
  readonly state: 'pending' | 'dead' | 'cancelled';
  readonly reason?: Reason;
  readonly lastAnswer?: Attempt;
  readonly next?: NextTry;
}

type MissedConnection = ReadingConnection & Pick<Connection, 'eventLog'>;

/**
 * Pages through the endpoint's delivery rows and the events that fan-out cancelled for it, newest first. Each order is
 * listed once, with the newest update that was received since the given time.
 *
 * With the ordering `latest`, a later update that the endpoint received makes up for earlier ones.
 *
 * @throws NotFoundError
 * @throws InvalidInputError
 */
export async function missedOrders(
  connection: MissedConnection,
  query: MissedQuery,
): Promise<Page<MissedOrder>> {
  const endpointId = await findEndpointId(connection, query.endpointId);
  const { eventReader } = connection;
  const range = pageRange(query, query.since);
  const cancelled = eventReader.cancelledEventKeys([endpointId, SEVERAL_ENDPOINTS], range);
  const keys = mergeSorted(
    [listedKeys(eventReader.deliveryKeys(endpointId, range), true), listedKeys(cancelled, false)],
    isNewer,
  );
  const ordering = await orderingOf(connection, endpointId);
  const nextOf = await nextTries(connection);
  const view = { endpointId, ordering, since: query.since, nextOf };
  return readPage(withoutRepeats(keys), query.limit, async (batch) => {
    const unreceived = await withoutReceived(connection, endpointId, batch);
    const missed = await newestMissed(connection, unreceived, view);
    // An order is listed at its newest missed update alone, so no page repeats it.
    return unreceived.flatMap(({ orderKey, eventId }) => {
      const order = missed.get(orderKey);
      return order?.eventId === eventId ? [order] : [];
    });
  });
}

/** A slow endpoint has a row for every delivery, so most rows are of events that it received. */
async function withoutReceived(
  { eventReader }: ReadingConnection,
  endpointId: EndpointId,
  batch: readonly ListedKey[],
): Promise<ListedKey[]> {
  const ofOrders = batch.filter(({ orderKey }) => !isRelayEvent(orderKey));
  const rowKeys = ofOrders.filter(({ hasRow }) => hasRow).map((key) => ({ ...key, endpointId }));
  const rows = rowKeys.length === 0 ? [] : await eventReader.deliveriesOf(rowKeys);
  const missed = new Set(rows.filter(({ state }) => isMissed(shownState(state))).map(nameOf));
  return ofOrders.filter((key) => !key.hasRow || missed.has(nameOf(key)));
}

function isMissed(state: ShownState | undefined): state is MissedOrder['state'] {
  return state === 'pending' || state === 'dead' || state === 'cancelled';
}

interface View {
  readonly endpointId: EndpointId;
  readonly ordering: Endpoint['ordering'];
  readonly since: Date;
  readonly nextOf: Awaited<ReturnType<typeof nextTries>>;
}

async function newestMissed(
  connection: MissedConnection,
  keys: readonly ListedKey[],
  view: View,
): Promise<ReadonlyMap<OrderKey, MissedOrder>> {
  const orderKeys = [...new Set(keys.map(({ orderKey }) => orderKey))];
  const missed = new Map<OrderKey, MissedOrder>();
  for (let start = 0; start < orderKeys.length; start += PARALLEL) {
    const found = await Promise.all(
      orderKeys.slice(start, start + PARALLEL).map((orderKey) => missedOf(connection, orderKey, view)),
    );
    for (const order of found) if (order !== undefined) missed.set(order.orderKey, order);
  }
  return missed;
}

/** The newest update of an order that the endpoint should have received and did not. */
async function missedOf(
  { eventLog }: MissedConnection,
  orderKey: OrderKey,
  { endpointId, ordering, since, nextOf }: View,
): Promise<MissedOrder | undefined> {
  const rows = (await eventLog.deliveries(orderKey)).filter((row) => row.endpointId === endpointId);
  const first = firstEventIdAt(since);
  for await (const event of eventLog.eventsNewestFirst(orderKey)) {
    if (event.eventId < first) return undefined;
    const row = rows.find(({ eventId }) => eventId === event.eventId);
    const { state, reason } = endingOf(event, endpointId, row);
    if (state === 'delivered' && ordering === 'latest') return undefined;
    if (event.forgottenAt !== undefined || reason === 'source-not-subscribed') continue;
    if (!isMissed(state)) continue;
    const { eventId, receivedAt, orderId, niceId } = event;
    const lastAnswer = row?.attempts.at(-1);
    return {
      orderKey,
      ...(orderId !== undefined && { orderId }),
      ...(niceId !== undefined && { niceId }),
      ...{ eventId, receivedAt, state },
      ...(reason !== undefined && { reason }),
      ...(lastAnswer !== undefined && { lastAnswer }),
      ...(row !== undefined && nextOf(row)),
    };
  }
  return undefined;
}

/** The row is written before the event's outcome, so it decides. */
function endingOf({ outcomes }: EventRecord, endpointId: EndpointId, row: Delivery | undefined) {
  if (row !== undefined) return { state: shownState(row.state), reason: row.reason };
  const { state, reason } = outcomes?.[endpointId] ?? {};
  return { state, reason };
}

/** A removed endpoint counts as `latest`, like one without the attribute. */
async function orderingOf(
  connection: Pick<Connection, 'clock' | 'configTable'>,
  endpointId: EndpointId,
): Promise<Endpoint['ordering']> {
  const listed = (await listEndpoints(connection)).find(
    (one) => 'valid' in one && one.valid.id === endpointId,
  );
  return listed !== undefined && 'valid' in listed ? listed.valid.ordering : 'latest';
}
