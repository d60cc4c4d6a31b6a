/** Deliveries that fan-out cancelled because their endpoint was disabled. Only the event's outcomes record them. */
import { type Delivery, toDelivery } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { EndpointId, EventId } from '../../relay/model/ids.ts';
import { inBatches } from '../../relay/model/in-batches.ts';
import { SEVERAL_ENDPOINTS } from '../../relay/ports/operator.ts';
import type { Connection } from '../connection.ts';

export interface CancelledQuery {
  readonly endpointIds: readonly EndpointId[];
  /** Skip events that were received earlier. */
  readonly since: Date;
  /** Skip this event and those that come before it in the list. Only newest first. */
  readonly before?: EventId | undefined;
  /** Newest first; otherwise oldest first. */
  readonly newestFirst: boolean;
  /** Events to read at a time, at most 100. */
  readonly batchSize: number;
}

export interface CancelledInFanOut {
  readonly delivery: Delivery;
  readonly event: EventRecord;
}

/** Yields batches. Each batch is read when the caller asks for it. Leaves out deliveries that were resent since. */
export async function* readCancelledInFanOut(
  { eventReader }: Pick<Connection, 'eventReader'>,
  { endpointIds, since, before, newestFirst, batchSize }: CancelledQuery,
): AsyncGenerator<CancelledInFanOut[], void, undefined> {
  const range = { since, before, oldestFirst: !newestFirst, pageSize: batchSize };
  const keys = eventReader.cancelledEventKeys([...endpointIds, SEVERAL_ENDPOINTS], range);
  for await (const batch of inBatches(keys, batchSize))
    yield await readBatch(eventReader, batch, endpointIds);
}

async function readBatch(
  eventReader: Connection['eventReader'],
  keys: readonly EventKey[],
  endpointIds: readonly EndpointId[],
): Promise<CancelledInFanOut[]> {
  const wanted = new Set(endpointIds);
  const found = (await eventReader.eventsOf(keys)).flatMap((event) =>
    cancelledDeliveriesOf(event, wanted).map((delivery) => ({ delivery, event })),
  );
  const rows = await eventReader.deliveriesOf(found.map(({ delivery }) => delivery));
  const resent = new Set(rows.map(nameOf));
  return found.filter(({ delivery }) => !resent.has(nameOf(delivery)));
}

const nameOf = ({ eventId, endpointId }: Delivery) => `${eventId}#${endpointId}`;

/**
 * The deliveries as rows would describe them. An event that was forgotten has none: nobody can send it.
 *
 * @param wanted the ids of their endpoints. An event can have the outcomes of many others
 */
export function cancelledDeliveriesOf(event: EventRecord, wanted: ReadonlySet<EndpointId>): Delivery[] {
  if (event.forgottenAt !== undefined) return [];
  const { orderKey, eventId, receivedAt, fannedOutAt = receivedAt, outcomes = {} } = event;
  return [...wanted].flatMap((endpointId) => {
    const outcome = Object.hasOwn(outcomes, endpointId) ? outcomes[endpointId] : undefined;
    if (outcome === undefined) return [];
    const { state, reason } = outcome;
    if (state !== 'cancelled' || reason !== 'endpoint-disabled') return [];
    const times = { owedSince: receivedAt, settledAt: fannedOutAt };
    return [toDelivery({ orderKey, eventId, endpointId, state, reason, ...times })];
  });
}
