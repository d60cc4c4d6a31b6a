/** Whether everything arrived as it should have. */
import { ORDER_ID, type Webhook } from './order-life.ts';
import type { Arrival, Receiver } from './receiver.ts';

/** A webhook that the relay answered 2xx. */
export interface Accepted extends Webhook {
  readonly eventId: string;
  readonly acceptedAtMs: number;
  readonly durationMs: number;
}

/** A sentence for each webhook that a receiver did not get, or got changed. */
export function missingFrom(
  { id }: Pick<Receiver, 'id'>,
  accepted: readonly Accepted[],
  arrivals: readonly Arrival[],
): string[] {
  return accepted.flatMap(({ eventId, body }, index) => {
    const taken = arrivals.filter(
      (arrival) => arrival.endpointId === id && arrival.eventId === eventId && arrival.status === 200,
    );
    const name = `webhook ${index + 1} (${eventId})`;
    if (taken.length === 0) return [`${id} did not get ${name}`];
    return taken.flatMap((arrival) => [
      ...(arrival.body.equals(body) ? [] : [`${id} got ${name} with other bytes than were sent`]),
      ...(arrival.contentType === 'application/json' ? [] : [`${id} got ${name} as ${arrival.contentType}`]),
      ...(arrival.orderId === ORDER_ID ? [] : [`${id} got ${name} with the order id ${arrival.orderId}`]),
    ]);
  });
}
