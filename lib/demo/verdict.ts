/** Checks that every endpoint received what its ordering promises. */
import type { ShownState } from '../relay/model/delivery-state.ts';
import { ORDER_ID, type Webhook } from './order-life.ts';
import type { Arrival, Receiver } from './receiver.ts';

/** A webhook that the relay answered 2xx. */
export interface Accepted extends Webhook {
  readonly eventId: string;
  readonly acceptedAtMs: number;
  readonly durationMs: number;
}

/** The state of a webhook's delivery in the event log; undefined when the log has none. */
export type StateOf = (endpointId: string, eventId: string) => ShownState | undefined;

/** A sentence for each broken promise. No sentence means that the demo succeeded. */
export function problemsOf(
  receiver: Pick<Receiver, 'id' | 'ordering'>,
  accepted: readonly Accepted[],
  arrivals: readonly Arrival[],
  stateOf: StateOf,
): string[] {
  const received = arrivals.filter(({ endpointId, status }) => endpointId === receiver.id && status === 200);
  return [
    ...accepted.flatMap((webhook, index) => {
      const name = `webhook ${index + 1} (${webhook.eventId})`;
      const copies = received.filter(({ eventId }) => eventId === webhook.eventId);
      const isSuperseded =
        receiver.ordering === 'latest' && stateOf(receiver.id, webhook.eventId) === 'superseded';
      if (copies.length === 0) return isSuperseded ? [] : [`${receiver.id} did not receive ${name}`];
      return copies.flatMap((copy) => changesIn(copy, webhook, name));
    }),
    ...outOfOrder(receiver.id, accepted, received),
    ...staleEnd(receiver.id, accepted, received),
  ];
}

function changesIn(
  { endpointId, body, contentType, orderId }: Arrival,
  sent: Accepted,
  name: string,
): string[] {
  return [
    ...(body.equals(sent.body) ? [] : [`${endpointId} received ${name} with other bytes than were sent`]),
    ...(contentType === 'application/json' ? [] : [`${endpointId} received ${name} as ${contentType}`]),
    ...(orderId === ORDER_ID ? [] : [`${endpointId} received ${name} with the order id ${orderId}`]),
  ];
}

function outOfOrder(id: string, accepted: readonly Accepted[], received: readonly Arrival[]): string[] {
  const numbers = received.map(({ eventId }) => numberOf(eventId, accepted));
  return numbers.flatMap((number, index) => {
    const before = numbers[index - 1];
    return before !== undefined && before > number
      ? [`${id} received webhook ${number} after webhook ${before}`]
      : [];
  });
}

function staleEnd(id: string, accepted: readonly Accepted[], received: readonly Arrival[]): string[] {
  const last = received.at(-1);
  const number = last === undefined ? 0 : numberOf(last.eventId, accepted);
  return number === accepted.length ? [] : [`${id} ends on webhook ${number} of ${accepted.length}`];
}

/** The webhook's number, from one. */
export function numberOf(eventId: string, accepted: readonly Accepted[]): number {
  return accepted.findIndex((webhook) => webhook.eventId === eventId) + 1;
}
