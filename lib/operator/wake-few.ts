/** Wakes what has just become due, if it is little: sweep drains more than that at the endpoints' own pace. */
import type { DeliveryKey } from '../relay/delivery.ts';
import type { EventKey } from '../relay/event.ts';
import type { Connection } from './connection.ts';

/** What sweep, too, wakes at a stroke: more of it would be a backlog, which goes little by little. */
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
