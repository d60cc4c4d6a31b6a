/** The history of an endpoint: what became of each event for it, newest first. */
import { after } from '../../relay/model/clock.ts';
import { type Attempt, type Delivery, outcomeOf } from '../../relay/model/delivery.ts';
import type { ShownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { type EndpointId, type EventId, eventTime, type OrderKey } from '../../relay/model/ids.ts';
import { mergeSorted } from '../../relay/model/merge-sorted.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import { type EventRange, SEVERAL_ENDPOINTS } from '../../relay/ports/operator.ts';
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

/** Equals the default retention of events. */
const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;

export interface HistoryQuery extends PageQuery {
  readonly endpointId: string;
  readonly state?: ShownState | undefined;
  /** Skip events that were received earlier; 30 days when absent. */
  readonly since?: Date | undefined;
}

export interface HistoryItem {
  readonly eventId: EventId;
  readonly orderKey: OrderKey;
  readonly orderId?: string;
  readonly niceId?: string;
  readonly receivedAt: Date;
  readonly outcome: Outcome;
  /** Counted attempts. */
  readonly attempts: number;
  /** The last attempt. Only of a delivery with a row. */
  readonly lastAnswer?: Attempt;
  /** When it ended; when it was last attempted, while it is pending. */
  readonly at: Date;
  readonly next?: NextTry;
}

/**
 * A page costs the same however long the history is: it reads the keys of the events from the index, then these events and
 * the delivery rows that they have.
 *
 * @throws NotFoundError
 * @throws InvalidInputError
 */
export async function endpointHistory(
  connection: ReadingConnection,
  query: HistoryQuery,
): Promise<Page<HistoryItem>> {
  const { state, limit } = query;
  const endpointId = await findEndpointId(connection, query.endpointId);
  const since = query.since ?? after(connection.clock.now(), -DEFAULT_DAYS * DAY_MS);
  const range = pageRange(query, since);
  const nextOf = await nextTries(connection);
  return readPage(keysOf(connection, endpointId, state, range), limit, async (batch) => {
    const items = await readItems(connection, endpointId, batch);
    return items
      .filter(({ item }) => state === undefined || item.outcome.state === state)
      .map(({ item, delivery }) => ({ ...item, ...(delivery && nextOf(delivery)) }));
  });
}

/** Outcomes without a delivery row are in the events alone. */
function keysOf(
  { eventReader }: ReadingConnection,
  endpointId: EndpointId,
  state: ShownState | undefined,
  range: EventRange,
): AsyncIterable<ListedKey> {
  const rows = listedKeys(eventReader.deliveryKeys(endpointId, range), true);
  switch (state) {
    case 'pending':
    case 'dead':
    case 'superseded':
      return rows;
    case 'cancelled': {
      const cancelled = eventReader.cancelledEventKeys([endpointId, SEVERAL_ENDPOINTS], range);
      return withoutRepeats(mergeSorted([rows, listedKeys(cancelled, false)], isNewer));
    }
    case 'delivered':
    case 'skipped':
    case undefined:
      return withoutRepeats(mergeSorted([rows, listedKeys(eventReader.eventKeys(range), false)], isNewer));
  }
}

async function readItems(
  { eventReader }: ReadingConnection,
  endpointId: EndpointId,
  batch: readonly ListedKey[],
): Promise<{ readonly item: HistoryItem; readonly delivery?: Delivery }[]> {
  const rowKeys = batch.filter(({ hasRow }) => hasRow).map((key) => ({ ...key, endpointId }));
  const [events, rows] = await Promise.all([
    eventReader.eventsOf(batch),
    rowKeys.length === 0 ? [] : eventReader.deliveriesOf(rowKeys),
  ]);
  const eventOf = new Map(events.map((event) => [nameOf(event), event]));
  const rowOf = new Map(rows.map((row) => [nameOf(row), row]));
  return batch.flatMap((key) => {
    const event = eventOf.get(nameOf(key));
    const delivery = rowOf.get(nameOf(key));
    if (delivery !== undefined) return [{ item: itemOfRow(delivery, event), delivery }];
    const item = event && itemOfEvent(event, endpointId);
    return item === undefined ? [] : [{ item }];
  });
}

/** The row is written before the event's outcome, so it decides. */
function itemOfRow(delivery: Delivery, event: EventRecord | undefined): HistoryItem {
  const { eventId, orderKey, attempts, attemptCount, owedSince } = delivery;
  const lastAnswer = attempts.at(-1);
  const at = 'settledAt' in delivery ? delivery.settledAt : (lastAnswer?.at ?? owedSince);
  return {
    ...{ eventId, orderKey, ...namesOf(event), receivedAt: event?.receivedAt ?? eventTime(eventId) },
    ...{ outcome: outcomeOf(delivery), attempts: attemptCount, at },
    ...(lastAnswer !== undefined && { lastAnswer }),
  };
}

/** Undefined when the event was not for this endpoint, or is not fanned out yet. */
function itemOfEvent(event: EventRecord, endpointId: EndpointId): HistoryItem | undefined {
  const { eventId, orderKey, receivedAt, fannedOutAt, outcomes } = event;
  const outcome = outcomes?.[endpointId];
  if (outcome === undefined || fannedOutAt === undefined) return undefined;
  const wasSent = outcome.reason === undefined;
  const attempts = wasSent ? (outcome.attempt ?? 1) : 0;
  return { eventId, orderKey, ...namesOf(event), receivedAt, outcome, attempts, at: fannedOutAt };
}

function namesOf({ orderId, niceId }: Partial<EventRecord> = {}) {
  return { ...(orderId !== undefined && { orderId }), ...(niceId !== undefined && { niceId }) };
}
