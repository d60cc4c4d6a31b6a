/** The conditions of the event log's writes: a row must still be as the writer read it. */
import { isDeepStrictEqual } from 'node:util';
import type { EventRecord } from '../relay/model/event.ts';
import type { EndpointId } from '../relay/model/ids.ts';
import type { Outcome } from '../relay/model/outcome.ts';
import type { DeliveryCondition, OwedItem } from '../relay/ports/event-log.ts';
import { isoSpellings, type Row } from '../relay/rows/attributes.ts';
import { outcomeIn } from '../relay/rows/read-event.ts';
import { isExpired } from './expiry.ts';

export type RowCondition = (row: Row) => boolean;

export const isNotFannedOut: RowCondition = ({ fannedOutAt }) => fannedOutAt === undefined;

/** The event is not fanned out, and no other run has recorded an attempt since it was read. */
export function fanOutAsRead({ fanOutAttempts }: EventRecord): RowCondition {
  return (row) => isNotFannedOut(row) && row.fanOutAttempts === fanOutAttempts;
}

/** Fan-out gave up on the event. */
export const isAbandoned: RowCondition = (row) => row.abandonedAt !== undefined && isNotFannedOut(row);

/** The delivery is in the given state and under the given lease, or under none. */
export function deliveryAsRead({ state, leaseId }: DeliveryCondition): RowCondition {
  return (row) => row.state === state && hasLease(row.leaseId, state, leaseId);
}

function hasLease(found: unknown, state: DeliveryCondition['state'], leaseId: string | undefined): boolean {
  // Only `leased` has a lease. A person may have left a lease id in a row of another state.
  if (leaseId === undefined) return state !== 'leased' || found === undefined;
  // A person may leave a leased row without a lease id. The reader gives it an empty one.
  return found === leaseId || (leaseId === '' && typeof found !== 'string');
}

/** The row still owes the same work at the same time, however a person spelled that time. */
export function owedAsRead({ owedTo, dueAt }: OwedItem): RowCondition {
  const { full, short } = isoSpellings(dueAt);
  return (row) => row.owedTo === owedTo && (row.dueAt === full || row.dueAt === short);
}

/** The event is fanned out and not expired, and the outcome of the endpoint is as it was read. */
export function outcomeAsRead(
  endpointId: EndpointId,
  previous: Outcome | undefined,
  now: string,
): RowCondition {
  return ({ fannedOutAt, expiresAt, outcomes }) =>
    fannedOutAt !== undefined &&
    !isExpired(expiresAt, now) &&
    isDeepStrictEqual(outcomeIn(outcomes, endpointId), previous && { ...previous });
}
