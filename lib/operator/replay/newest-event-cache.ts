/** Finds the newest event of an order that an endpoint should receive. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { type EventRecord, lacksSnapshot } from '../../relay/model/event.ts';
import type { EventId, OrderKey } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';

/** Caches the newest event of an order for each endpoint. A cache lives for one batch. */
export class NewestEventCache {
  readonly #connection: Pick<Connection, 'eventLog'>;
  readonly #known = new Map<string, Promise<EventId | undefined>>();
  readonly #events = new Map<OrderKey, SharedEvents>();

  constructor(connection: Pick<Connection, 'eventLog'>) {
    this.#connection = connection;
  }

  /** True when a newer event supersedes this one at an endpoint with the ordering `latest`. */
  async isSuperseded({ orderKey, eventId }: EventRecord, endpoint: Endpoint): Promise<boolean> {
    const name = `${orderKey}#${endpoint.id}`;
    const known = this.#known.get(name) ?? this.#find(orderKey, endpoint);
    this.#known.set(name, known);
    const newest = await known;
    return newest !== undefined && newest > eventId;
  }

  #eventsOf(orderKey: OrderKey): AsyncIterable<EventRecord> {
    const known =
      this.#events.get(orderKey) ?? new SharedEvents(this.#connection.eventLog.eventsNewestFirst(orderKey));
    this.#events.set(orderKey, known);
    return known;
  }

  async #find(orderKey: OrderKey, endpoint: Endpoint): Promise<EventId | undefined> {
    for await (const event of this.#eventsOf(orderKey)) {
      const canBeSent =
        event.fannedOutAt !== undefined && event.forgottenAt === undefined && !lacksSnapshot(event);
      if (canBeSent && isWanted(event, endpoint)) return event.eventId;
    }
    return undefined;
  }
}

/** With a filter, an event counts only if fan-out evaluated the filter for it. */
function isWanted({ outcomes }: EventRecord, { id, filter }: Endpoint): boolean {
  const state = outcomes?.[id]?.state;
  if (state === 'skipped') return false;
  return filter === undefined || (state !== undefined && state !== 'cancelled');
}

/** Events that are read once for all endpoints, as far as one of them needs them. */
class SharedEvents implements AsyncIterable<EventRecord> {
  readonly #source: AsyncIterator<EventRecord>;
  readonly #read: Promise<IteratorResult<EventRecord>>[] = [];

  constructor(events: AsyncIterable<EventRecord>) {
    this.#source = events[Symbol.asyncIterator]();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventRecord, void, undefined> {
    for (let index = 0; ; index++) {
      this.#read[index] ??= this.#source.next();
      const result = await this.#read[index];
      if (result === undefined || result.done) return;
      yield result.value;
    }
  }
}
