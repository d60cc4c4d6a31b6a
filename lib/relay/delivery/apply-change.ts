/** Writes the transitions of the state machine. */

import type { Delivery } from '../model/delivery.ts';
import { isDeepStrictEqual } from '../model/node-util.ts';
import { recordOf } from '../model/record-of.ts';
import type { DeliveryChange, EventLog } from '../ports/event-log.ts';

/**
 * Writes a delivery as it is after a transition, on the condition that its row is still as it was read.
 * @returns the row as it is now; undefined, and nothing is written, when it has changed since it was read
 */
export async function applyChange<Next extends Delivery>(
  { eventLog }: { readonly eventLog: Pick<EventLog, 'updateDelivery'> },
  delivery: Delivery,
  next: Next,
): Promise<Next | undefined> {
  // Stryker disable next-line ConditionalExpression: only a leased delivery has a lease id
  const leaseId = delivery.state === 'leased' ? delivery.leaseId : undefined;
  const condition = { state: delivery.state, leaseId };
  const change = changeBetween(delivery, next);
  // DynamoDB refuses an empty update.
  if (Object.keys(change).length === 0) return next;
  return (await eventLog.updateDelivery(delivery, condition, change)) ? next : undefined;
}

/** Attributes that only some states have. A person, or another function since the row was read, may have written them. */
const STATE_ATTRIBUTES = ['reason', 'nextAttemptAt', 'leaseId', 'leaseUntil', 'settledAt'];

/** The attributes that differ. A change of state also removes the attributes that the new state does not have. */
function changeBetween(before: Delivery, next: Delivery): DeliveryChange {
  const old = new Map<string, unknown>(Object.entries(before));
  const mayExist = next.state === before.state ? [...old.keys()] : [...old.keys(), ...STATE_ATTRIBUTES];
  const removed = mayExist.filter((name) => !(name in next)).map((name): [string, null] => [name, null]);
  const set = Object.entries(next).filter(([name, value]) => !isDeepStrictEqual(value, old.get(name)));
  return recordOf<string, unknown>([...removed, ...set]);
}
