/** Reads pending deliveries, and the items that need attention, from the lists of the index `owed`. Scans nothing. */

import { FAN_OUT_ATTENTION } from '../../relay/fan-out/quarantine.ts';
import { attentionOf, type Delivery } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { EndpointId, EventId } from '../../relay/model/ids.ts';
import { inBatches } from '../../relay/model/in-batches.ts';
import type { OwedItem } from '../../relay/ports/event-log.ts';
import type { Connection } from '../connection.ts';
import { readCancelledInFanOut } from './cancelled-in-fan-out.ts';
import { knownEndpointIds } from './known-endpoints.ts';
import { isBefore, itemsAfter, type WorkCursor, type WorkPart } from './work-cursor.ts';

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
  /** Also deliveries that fan-out cancelled without a row, after the other items that need attention. */
  readonly withCancelledInFanOut?: boolean;
  /** Skip deliveries that became pending earlier, and events that were received earlier. */
  readonly since?: Date | undefined;
  /** Latest first among the items that need attention; otherwise oldest first. */
  readonly backwards?: boolean;
  /** Continues a list that is read backwards. */
  readonly after?: WorkCursor | undefined;
  /** Rows to read at a time, at most 100. */
  readonly batchSize?: number;
}

type ReadConnection = Pick<Connection, 'configTable' | 'eventReader'>;

/** Yields batches. Each batch is read when the caller asks for it. Items that need attention come first. */
export async function* owedWork(
  connection: ReadConnection,
  query: OwedWorkQuery,
): AsyncGenerator<OwedWork[], void, undefined> {
  const { endpointId, states, since = new Date(0), backwards = false, batchSize = 100, after } = query;
  const isSkipped = (part: WorkPart) => after !== undefined && isBefore(part, after.part);
  const endpointIds = endpointId === undefined ? [...(await knownEndpointIds(connection))] : [endpointId];
  // An item is never due before it became owed, so this range contains all wanted items.
  const range = { dueSince: since, pageSize: batchSize };
  const { eventReader } = connection;
  if (!isSkipped('attention')) {
    const dueBefore = after?.dueAt && new Date(after.dueAt.getTime() + 1);
    const attention = eventReader.owed(attentionLists(query, endpointIds), {
      ...range,
      dueBefore,
      backwards,
    });
    for await (const batch of inBatches(continued('attention', attention, after), batchSize))
      yield await readWork(connection, query, batch);
  }
  if (query.withCancelledInFanOut && states.includes('cancelled') && !isSkipped('cancelled')) {
    const before = after?.part === 'cancelled' ? after.eventId : undefined;
    const cancelled = { endpointIds, since, before, newestFirst: backwards, batchSize };
    for await (const batch of readCancelledInFanOut(connection, cancelled))
      yield batch.map((one) => ({ kind: 'delivery', ...one }));
  }
  if (states.includes('pending')) {
    const dueAt = after?.part === 'pending' ? after.dueAt : undefined;
    const pending = eventReader.owed(endpointIds, { ...range, dueSince: laterOf(since, dueAt) });
    for await (const batch of inBatches(continued('pending', pending, after), batchSize))
      yield await readWork(connection, query, batch);
  }
}

function continued(
  part: WorkPart,
  items: AsyncIterable<OwedItem>,
  after: WorkCursor | undefined,
): AsyncIterable<OwedItem> {
  return after?.part === part ? itemsAfter(items, after) : items;
}

function laterOf(one: Date, other: Date | undefined): Date {
  return other !== undefined && other > one ? other : one;
}

function attentionLists(
  { endpointId, states }: OwedWorkQuery,
  endpointIds: readonly EndpointId[],
): readonly string[] {
  return [
    ...(states.includes('dead') || states.includes('cancelled') ? endpointIds.map(attentionOf) : []),
    ...(states.includes('abandoned') && endpointId === undefined ? [FAN_OUT_ATTENTION] : []),
  ];
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
