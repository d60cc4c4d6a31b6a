/** Reads an order by pages of its updates, with what became of each update at each endpoint. */
import { isAddressedTo } from '../../relay/endpoint/endpoint.ts';
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { type EndpointId, type OrderKey, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import type { Connection } from '../connection.ts';
import type { Page, PageQuery } from '../deliveries/newest-first-page.ts';
import { nextTries } from '../deliveries/next-try.ts';
import { type ListedEndpoint, listEndpoints } from '../endpoints/endpoints.ts';
import { NotFoundError } from '../errors.ts';
import { checkEventId } from '../events/event-key.ts';
import { idInSource } from './order-key.ts';
import { idsOf } from './order-matches.ts';
import type { EventWithDeliveries } from './orders.ts';

export interface OrderEndpoint {
  readonly id: EndpointId;
  /** It has no row any more. */
  readonly isRemoved: boolean;
}

export interface OrderUpdates extends Page<EventWithDeliveries> {
  readonly orderKey: OrderKey;
  readonly source: SourceId;
  /** The newest ids among the page's updates. */
  readonly orderId?: string;
  readonly niceId?: string;
  /** The endpoints that should receive the updates, and those that did. Sorted by id. */
  readonly endpoints: readonly OrderEndpoint[];
}

type OrderConnection = Pick<Connection, 'clock' | 'configTable' | 'eventLog' | 'eventReader'>;

/**
 * A page of an order's updates, newest first. It reads the delivery rows of these updates alone, and none for an endpoint
 * whose outcome says everything.
 *
 * @throws NotFoundError
 * @throws InvalidInputError when `before` is no event id
 */
export async function orderUpdates(
  connection: OrderConnection,
  orderKey: OrderKey,
  { before: start, limit }: PageQuery,
): Promise<OrderUpdates> {
  const before = start === undefined ? undefined : checkEventId(start, 'before');
  const [{ events, hasNext }, listed] = await Promise.all([
    readEvents(connection, orderKey, before, limit),
    listEndpoints(connection),
  ]);
  const last = events.at(-1);
  if (last === undefined) throw new NotFoundError('order', idInSource(orderKey));
  const items = await withDeliveries(connection, events, (event) =>
    endpointsOf(event, listed).filter(
      (id) => event.fannedOutAt === undefined || mayHaveMore(event.outcomes?.[id]),
    ),
  );
  return {
    ...{ orderKey, source: sourceOf(orderKey), ...idsOf(events) },
    ...{ items, endpoints: describeEndpoints(events, listed) },
    ...(hasNext && { next: last.eventId }),
  };
}

export interface OrderUpdate {
  readonly event: EventWithDeliveries;
  readonly endpoints: readonly OrderEndpoint[];
}

/**
 * One update with every delivery row that it has.
 *
 * @throws NotFoundError
 */
export async function orderUpdate(connection: OrderConnection, key: EventKey): Promise<OrderUpdate> {
  const [found, listed] = await Promise.all([connection.eventLog.event(key), listEndpoints(connection)]);
  if (found === undefined) throw new NotFoundError('event', key.eventId);
  const [event = { ...found, deliveries: [] }] = await withDeliveries(connection, [found], (one) =>
    endpointsOf(one, listed),
  );
  return { event, endpoints: describeEndpoints([found], listed) };
}

async function readEvents(
  { eventLog }: OrderConnection,
  orderKey: OrderKey,
  before: string | undefined,
  limit: number,
): Promise<{ events: EventRecord[]; hasNext: boolean }> {
  const events: EventRecord[] = [];
  for await (const event of eventLog.eventsNewestFirst(orderKey)) {
    if (before !== undefined && event.eventId >= before) continue;
    if (events.length === limit) return { events, hasNext: true };
    events.push(event);
  }
  return { events, hasNext: false };
}

/** A first attempt that succeeded, and a filter that refused the event, leave no row that says more. */
function mayHaveMore(outcome: Outcome | undefined): boolean {
  if (outcome === undefined) return false;
  const { state, reason, attempt, replayed } = outcome;
  if (state === 'skipped') return replayed === true;
  return state !== 'delivered' || reason !== undefined || attempt !== undefined || replayed === true;
}

async function withDeliveries(
  connection: OrderConnection,
  events: readonly EventRecord[],
  wanted: (event: EventRecord) => readonly EndpointId[],
): Promise<EventWithDeliveries[]> {
  const keys = events.flatMap((event): DeliveryKey[] => {
    const { orderKey, eventId } = event;
    return wanted(event).map((endpointId) => ({ orderKey, eventId, endpointId }));
  });
  const [rows, nextOf] = await Promise.all([
    keys.length === 0 ? [] : connection.eventReader.deliveriesOf(keys),
    nextTries(connection),
  ]);
  const deliveries = Map.groupBy(
    rows.map((row) => ({ ...row, ...nextOf(row) })),
    ({ eventId }) => eventId,
  );
  return events.map((event) => ({ ...event, deliveries: deliveries.get(event.eventId) ?? [] }));
}

/** Those with an outcome, and those that the event is addressed to. */
function endpointsOf(event: EventRecord, listed: readonly ListedEndpoint[]): EndpointId[] {
  const ofOutcomes = Object.keys(event.outcomes ?? {}).flatMap(
    (id) => endpointIdSchema.safeParse(id).data ?? [],
  );
  const addressed = listed.flatMap((one) =>
    'valid' in one && isAddressedTo(one.valid, event) ? [one.valid.id] : [],
  );
  return [...new Set([...ofOutcomes, ...addressed])];
}

function describeEndpoints(
  events: readonly EventRecord[],
  listed: readonly ListedEndpoint[],
): OrderEndpoint[] {
  const present = new Set(listed.map((one): string => ('valid' in one ? one.valid.id : one.invalid.id)));
  return [...new Set(events.flatMap((event) => endpointsOf(event, listed)))]
    .sort()
    .map((id) => ({ id, isRemoved: !present.has(id) }));
}
