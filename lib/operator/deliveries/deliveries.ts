/** Lists pending deliveries, and the deliveries and events that need attention. */
import type { EndpointId } from '../../relay/model/ids.ts';
import { countDeliveries, type DeliveryCounts, sumOf } from './delivery-counts.ts';
import { findEndpointId, knownEndpointIds } from './known-endpoints.ts';
import type { ReadingConnection } from './newest-first-page.ts';
import { type DeliveryWithNext, nextTries } from './next-try.ts';
import { OWED_STATES, type OwedState, type OwedWork, owedWork } from './owed-work.ts';
import { cursorText, parseCursor, type WorkCursor } from './work-cursor.ts';

export interface DeliveryListQuery {
  readonly endpointId?: string | undefined;
  readonly state?: OwedState | undefined;
  readonly since?: Date | undefined;
  readonly limit: number;
  /** The `next` of the previous page. */
  readonly after?: string | undefined;
}

export type ListedWork =
  | Extract<OwedWork, { kind: 'event' }>
  | (Omit<Extract<OwedWork, { kind: 'delivery' }>, 'delivery'> & { readonly delivery: DeliveryWithNext });

export interface DeliveryList {
  readonly query: DeliveryListQuery;
  readonly found: readonly ListedWork[];
  /** The `after` of the next page; absent on the last page. */
  readonly next?: string;
  /** All deliveries in the query's scope, whatever its state and time. Only when nothing was found. */
  readonly besides?: DeliveryCounts;
}

/**
 * First the items that need attention, latest first. Then the pending deliveries, next due first. The deliveries that
 * fan-out cancelled without a row are listed for one endpoint, or for the state `cancelled`: a disabled endpoint has one for
 * every event.
 *
 * @throws NotFoundError
 */
export async function listDeliveries(
  connection: ReadingConnection,
  query: DeliveryListQuery,
): Promise<DeliveryList> {
  const { state, since, limit } = query;
  const after = query.after === undefined ? undefined : parseCursor(query.after);
  const endpointId =
    query.endpointId === undefined ? undefined : await findEndpointId(connection, query.endpointId);
  const work = owedWork(connection, {
    endpointId,
    states: state === undefined ? OWED_STATES : [state],
    since,
    withCancelledInFanOut: endpointId !== undefined || state === 'cancelled',
    backwards: true,
    after,
    batchSize: Math.min(limit + 1, 100),
  });
  const found: OwedWork[] = [];
  for await (const batch of work) {
    found.push(...batch);
    if (found.length > limit) break;
  }
  if (found.length === 0) return { query, found: [], besides: await countAll(connection, endpointId) };
  const nextOf = await nextTries(connection);
  const page = found.slice(0, pageLength(found, limit));
  const last = page.length < found.length ? page.at(-1) : undefined;
  const listed = page.map((one) =>
    one.kind === 'event' ? one : { ...one, delivery: { ...one.delivery, ...nextOf(one.delivery) } },
  );
  return { query, found: listed, ...(last !== undefined && { next: cursorText(positionOf(last)) }) };
}

/** The deliveries of one event that fan-out cancelled stay together: the list continues with another event. */
function pageLength(found: readonly OwedWork[], limit: number): number {
  const last = found[limit - 1];
  if (last === undefined || !isCancelledInFanOut(last)) return limit;
  const end = found.findIndex(
    (one, index) =>
      index >= limit && !(isCancelledInFanOut(one) && one.event?.eventId === last.event?.eventId),
  );
  return end === -1 ? found.length : end;
}

/** It has no row. */
function isCancelledInFanOut(work: OwedWork): boolean {
  return work.kind === 'delivery' && work.delivery.state === 'cancelled' && work.delivery.dueAt === undefined;
}

async function countAll(
  connection: ReadingConnection,
  endpointId: EndpointId | undefined,
): Promise<DeliveryCounts> {
  const ids = endpointId === undefined ? [...(await knownEndpointIds(connection))] : [endpointId];
  return sumOf((await countDeliveries(connection, ids)).values());
}

function positionOf(work: OwedWork): WorkCursor {
  if (work.kind === 'event')
    return { part: 'attention', eventId: work.event.eventId, dueAt: work.event.abandonedAt };
  const { eventId, endpointId, dueAt, state } = work.delivery;
  if (state === 'pending' || state === 'leased') return { part: 'pending', eventId, endpointId, dueAt };
  // A delivery that fan-out cancelled has no row, and so no list.
  return { part: dueAt === undefined ? 'cancelled' : 'attention', eventId, endpointId, dueAt };
}
