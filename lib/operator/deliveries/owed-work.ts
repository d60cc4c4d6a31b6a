/** What is owed and what needs a person, read from the lists in which the relay keeps it: nothing is scanned. */

import { endpointIdSchema } from '../../relay/endpoint/endpoint.ts';
import { FAN_OUT_ATTENTION } from '../../relay/fan-out/quarantine.ts';
import { attentionOf, type Delivery } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { EndpointId, EventId } from '../../relay/model/ids.ts';
import type { OwedItem } from '../../relay/ports/event-log.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';

/** `quarantined` is an event whose fan-out has failed for days; the others are states of deliveries. */
export const OWED_STATES = ['pending', 'dead', 'cancelled', 'quarantined'] as const;
export type OwedState = (typeof OWED_STATES)[number];

/** A delivery that is not delivered, or an event that was not even fanned out. */
export type OwedWork =
  | { readonly kind: 'delivery'; readonly delivery: Delivery; readonly event?: EventRecord }
  | { readonly kind: 'event'; readonly event: EventRecord };

export interface OwedWorkQuery {
  /** All when absent: those that there are, and those that were removed and are owed something still. */
  readonly endpointId?: EndpointId | undefined;
  readonly states: readonly OwedState[];
  /** Nothing that became owed before. */
  readonly since?: Date | undefined;
  /** What needs a person comes first and is in order of when it began to; backwards, the last comes first. */
  readonly backwards?: boolean;
  /** Rows to read at a time, at most 100. */
  readonly batchSize?: number;
}

type Reading = Pick<Connection, 'configTable' | 'eventReader'>;

/** In batches, which are read as they are asked for. */
export async function* owedWork(
  connection: Reading,
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
  connection: Reading,
  { endpointId, states, since, backwards = false }: OwedWorkQuery,
  pageSize: number,
): AsyncGenerator<OwedItem, void, undefined> {
  const ids = endpointId === undefined ? [...(await knownEndpointIds(connection))] : [endpointId];
  const needPerson = states.includes('dead') || states.includes('cancelled');
  const attention = [
    ...(needPerson ? ids.map(attentionOf) : []),
    ...(states.includes('quarantined') && endpointId === undefined ? [FAN_OUT_ATTENTION] : []),
  ];
  // Nothing is due before it became owed.
  const dueSince = since ?? new Date(0);
  const { eventReader } = connection;
  yield* eventReader.owed(attention, { dueSince, backwards, pageSize });
  if (states.includes('pending')) yield* eventReader.owed(ids, { dueSince, pageSize });
}

async function readWork(
  { eventReader }: Reading,
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

/** A list may be a moment behind: the row decides. */
function isWantedDelivery(delivery: Delivery, { states, since }: OwedWorkQuery): boolean {
  return (
    states.some((state) => state === shownState(delivery.state)) &&
    (since === undefined || delivery.owedSince >= since)
  );
}

function isWantedEvent({ abandonedAt, receivedAt }: EventRecord, { since }: OwedWorkQuery): boolean {
  return abandonedAt !== undefined && (since === undefined || receivedAt >= since);
}

/** Of the endpoints that there are, and of removed ones for as long as something is owed to them. */
async function knownEndpointIds({ configTable }: Pick<Connection, 'configTable'>): Promise<Set<EndpointId>> {
  const rows = await Promise.all([configTable.rows('endpoint'), configTable.rows('health')]);
  return new Set(rows.flat().flatMap(({ id }) => endpointIdSchema.safeParse(id).data ?? []));
}

/** @throws NotFoundError when there is no such endpoint, nor was one that is owed anything */
export async function findEndpointId(
  connection: Pick<Connection, 'configTable'>,
  text: string,
): Promise<EndpointId> {
  const known = await knownEndpointIds(connection);
  const found = [...known].find((id) => id === text);
  if (found === undefined) throw new NotFoundError('endpoint', text);
  return found;
}
