/** Reads pending deliveries, and the items that need attention, from the lists of the index `owed`. Scans nothing. */

import { endpointIdSchema } from '../../relay/endpoint/endpoint.ts';
import { FAN_OUT_ATTENTION } from '../../relay/fan-out/quarantine.ts';
import { attentionOf, type Delivery } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { EndpointId, EventId } from '../../relay/model/ids.ts';
import type { OwedItem } from '../../relay/ports/event-log.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';

/** `abandoned`: fan-out gave up on the event. The others are states of deliveries. */
export const OWED_STATES = ['pending', 'dead', 'cancelled', 'abandoned'] as const;
export type OwedState = (typeof OWED_STATES)[number];

/** A delivery that is not delivered, or an event that is not fanned out. */
export type OwedWork =
  | { readonly kind: 'delivery'; readonly delivery: Delivery; readonly event?: EventRecord }
  | { readonly kind: 'event'; readonly event: EventRecord };

export interface OwedWorkQuery {
  /** All endpoints when absent, also removed ones that still have deliveries. */
  readonly endpointId?: EndpointId | undefined;
  readonly states: readonly OwedState[];
  /** Skip deliveries that became pending earlier, and events that were received earlier. */
  readonly since?: Date | undefined;
  /** Latest first among the items that need attention; otherwise oldest first. */
  readonly backwards?: boolean;
  /** Rows to read at a time, at most 100. */
  readonly batchSize?: number;
}

type ReadConnection = Pick<Connection, 'configTable' | 'eventReader'>;

/** Yields batches. Each batch is read when the caller asks for it. Items that need attention come first. */
export async function* owedWork(
  connection: ReadConnection,
  query: OwedWorkQuery,
): AsyncGenerator<OwedWork[], void, undefined> {
  const { batchSize = 100 } = query;
  let batch: OwedItem[] = [];
  for await (const item of owedItems(connection, query, batchSize)) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield await readWork(connection, query, batch);
    batch = [];
  }
  if (batch.length > 0) yield await readWork(connection, query, batch);
}

async function* owedItems(
  connection: ReadConnection,
  { endpointId, states, since, backwards = false }: OwedWorkQuery,
  pageSize: number,
): AsyncGenerator<OwedItem, void, undefined> {
  const ids = endpointId === undefined ? [...(await knownEndpointIds(connection))] : [endpointId];
  const needsAttention = states.includes('dead') || states.includes('cancelled');
  const attention = [
    ...(needsAttention ? ids.map(attentionOf) : []),
    ...(states.includes('abandoned') && endpointId === undefined ? [FAN_OUT_ATTENTION] : []),
  ];
  // An item is never due before it became owed, so this range contains all wanted items.
  const dueSince = since ?? new Date(0);
  const { eventReader } = connection;
  yield* eventReader.owed(attention, { dueSince, backwards, pageSize });
  if (states.includes('pending')) yield* eventReader.owed(ids, { dueSince, pageSize });
}

async function readWork(
  { eventReader }: ReadConnection,
  query: OwedWorkQuery,
  items: readonly OwedItem[],
): Promise<OwedWork[]> {
  const [rows, records] = await Promise.all([
    eventReader.deliveriesOf(items.filter((item) => item.kind === 'delivery')),
    eventReader.eventsOf(items),
  ]);
  const deliveries = new Map(rows.map((row) => [`${row.eventId}#${row.endpointId}`, row]));
  const events = new Map<EventId, EventRecord>(records.map((record) => [record.eventId, record]));
  return items.flatMap((item): OwedWork[] => {
    const event = events.get(item.eventId);
    if (item.kind === 'event')
      return event !== undefined && isWantedEvent(event, query) ? [{ kind: 'event', event }] : [];
    const delivery = deliveries.get(`${item.eventId}#${item.endpointId}`);
    if (delivery === undefined || !isWantedDelivery(delivery, query)) return [];
    return [{ kind: 'delivery', delivery, ...(event !== undefined && { event }) }];
  });
}

/** The index is eventually consistent, so the row decides. */
function isWantedDelivery(delivery: Delivery, { states, since }: OwedWorkQuery): boolean {
  return (
    states.some((state) => state === shownState(delivery.state)) &&
    (since === undefined || delivery.owedSince >= since)
  );
}

function isWantedEvent({ abandonedAt, receivedAt }: EventRecord, { since }: OwedWorkQuery): boolean {
  return abandonedAt !== undefined && (since === undefined || receivedAt >= since);
}

/** Endpoint rows, and health rows: the health row of a removed endpoint stays until its deliveries are cancelled. */
async function knownEndpointIds({ configTable }: Pick<Connection, 'configTable'>): Promise<Set<EndpointId>> {
  const rows = await Promise.all([configTable.rows('endpoint'), configTable.rows('health')]);
  return new Set(rows.flat().flatMap(({ id }) => endpointIdSchema.safeParse(id).data ?? []));
}

/** @throws NotFoundError when the endpoint does not exist, and has no deliveries left from before it was removed */
export async function findEndpointId(
  connection: Pick<Connection, 'configTable'>,
  text: string,
): Promise<EndpointId> {
  const known = await knownEndpointIds(connection);
  const found = [...known].find((id) => id === text);
  if (found === undefined) throw new NotFoundError('endpoint', text);
  return found;
}
