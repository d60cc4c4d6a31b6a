/** Sends messages for a few deliveries or events that have just become due. Sweep starts the work on more than that. */
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey } from '../../relay/model/event.ts';
import type { Connection } from '../connection.ts';

/** A message for each of many would only fill the queue: one message serves all deliveries of an endpoint. */
const FEW = 10;

/** Keeps no more keys than are needed to wake them. */
export class FewKeys<Key> {
  readonly #keys: Key[] = [];
  #count = 0;

  add(key: Key): void {
    this.#count += 1;
    if (this.#keys.length < FEW) this.#keys.push(key);
  }

  /** All of them, or none if there are too many. */
  get all(): readonly Key[] {
    return this.#count <= FEW ? this.#keys : [];
  }
}

/** True when they go at once; else sweep finds them within a minute. */
export async function wakeDeliveries(
  connection: Pick<Connection, 'queues'>,
  keys: FewKeys<DeliveryKey>,
): Promise<boolean> {
  if (keys.all.length === 0) return false;
  const { deliveryQueue } = await connection.queues();
  const messages = keys.all.map(({ orderKey, eventId, endpointId }) => ({
    ...{ orderKey, eventId, endpointId },
    delaySeconds: 0,
  }));
  return (await deliveryQueue.send(messages)).length === 0;
}

/** True when they go at once; else sweep finds them within a minute. */
export async function wakeEvents(
  connection: Pick<Connection, 'queues'>,
  keys: FewKeys<EventKey>,
): Promise<boolean> {
  if (keys.all.length === 0) return false;
  const { eventQueue } = await connection.queues();
  return (await eventQueue.sendAgain(keys.all)).length === 0;
}
