/** The EventReader port over the event log in memory. */
import type { Delivery, DeliveryKey } from '../../lib/relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../lib/relay/model/event.ts';
import {
  type Alias,
  type EndpointId,
  type EventId,
  firstEventIdAt,
  type OrderKey,
  sourceOf,
} from '../../lib/relay/model/ids.ts';
import type { OwedItem } from '../../lib/relay/ports/event-log.ts';
import {
  type CancelledList,
  type EventQuery,
  type EventRange,
  type EventReader,
  type OwedQuery,
  SEVERAL_ENDPOINTS,
} from '../../lib/relay/ports/operator.ts';
import type { MemoryEventLog } from './event-log.ts';

const EVENTS_PER_BATCH = 100;

export class MemoryEventReader implements EventReader {
  readonly #eventLog: MemoryEventLog;

  constructor(eventLog: MemoryEventLog) {
    this.#eventLog = eventLog;
  }

  async orderOfEvent(eventId: EventId): Promise<OrderKey | undefined> {
    return this.#eventLog.allEventKeys().find((key) => key.eventId === eventId)?.orderKey;
  }

  async aliasesOf(aliasKey: OrderKey): Promise<Alias[]> {
    return [...(this.#eventLog.aliases.get(aliasKey)?.values() ?? [])];
  }

  async newest({ since, source, limit }: EventQuery): Promise<EventRecord[]> {
    const keys = this.#keysSince(since)
      .filter(({ orderKey }) => source === undefined || sourceOf(orderKey) === source)
      .toReversed();
    return (await this.eventsOf(keys)).slice(0, limit);
  }

  async *oldestFirst(since: Date): AsyncGenerator<EventRecord[], void, undefined> {
    const keys = this.#keysSince(since);
    for (let start = 0; start < keys.length; start += EVENTS_PER_BATCH)
      yield await this.eventsOf(keys.slice(start, start + EVENTS_PER_BATCH));
  }

  async *newestFirst(since: Date, batchSize: number): AsyncGenerator<EventRecord[], void, undefined> {
    const keys = this.#keysSince(since).toReversed();
    for (let start = 0; start < keys.length; start += batchSize)
      yield await this.eventsOf(keys.slice(start, start + batchSize));
  }

  async *owed(
    lists: readonly string[],
    { dueSince, dueBefore, backwards = false }: OwedQuery,
  ): AsyncGenerator<OwedItem, void, undefined> {
    const items = this.#eventLog
      .allOwed()
      .filter(({ owedTo, dueAt }) => lists.includes(owedTo) && dueAt >= dueSince)
      .filter(({ dueAt }) => dueBefore === undefined || dueAt < dueBefore)
      .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    yield* backwards ? items.toReversed() : items;
  }

  async *eventKeys(range: EventRange): AsyncGenerator<EventKey, void, undefined> {
    yield* inRange(this.#eventLog.allEventKeys(), range);
  }

  async *deliveryKeys(
    endpointId: EndpointId,
    range: EventRange,
  ): AsyncGenerator<DeliveryKey, void, undefined> {
    const keys = this.#eventLog.allDeliveryKeys().filter((key) => key.endpointId === endpointId);
    yield* inRange(keys, range);
  }

  async *cancelledEventKeys(
    lists: readonly CancelledList[],
    range: EventRange,
  ): AsyncGenerator<EventKey, void, undefined> {
    const keys = this.#eventLog.cancelledEvents().flatMap(({ cancelledFor, ...key }) => {
      const [first, ...others] = cancelledFor;
      const list = others.length > 0 ? SEVERAL_ENDPOINTS : first;
      return list !== undefined && lists.includes(list) ? [key] : [];
    });
    yield* inRange(keys, range);
  }

  async eventsOf(keys: readonly EventKey[]): Promise<EventRecord[]> {
    const events = await Promise.all(keys.map((key) => this.#eventLog.event(key)));
    return events.filter((event) => event !== undefined);
  }

  async deliveriesOf(keys: readonly DeliveryKey[]): Promise<Delivery[]> {
    const found = await Promise.all(
      keys.map(async ({ orderKey, eventId, endpointId }) => {
        const rows = await this.#eventLog.deliveries(orderKey);
        return rows.find((row) => row.eventId === eventId && row.endpointId === endpointId);
      }),
    );
    return found.filter((delivery) => delivery !== undefined);
  }

  #keysSince(since: Date): EventKey[] {
    return this.#eventLog.allEventKeys().filter(({ eventId }) => eventId >= firstEventIdAt(since));
  }
}

function inRange<Key extends EventKey>(
  keys: readonly Key[],
  { since, before, oldestFirst = false }: EventRange,
): Key[] {
  const first = firstEventIdAt(since);
  const found = keys
    .filter(({ eventId }) => eventId >= first && (before === undefined || eventId < before))
    .sort((one, other) => (one.eventId < other.eventId ? -1 : 1));
  return oldestFirst ? found : found.reverse();
}
