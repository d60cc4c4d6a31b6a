/** Checks the outcome of every accepted webhook at every endpoint, and looks for broken promises. */

import { endpointIdSchema } from '../../lib/relay/endpoint/endpoint-id.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import type { Outcome } from '../../lib/relay/model/outcome.ts';
import { type Arrival, IDS, type Id, type Orderings } from './five-endpoints.ts';

export interface Accepted {
  readonly orderId: string;
  readonly eventId: string;
}

export interface Evidence {
  readonly orderings: Orderings;
  readonly accepted: readonly Accepted[];
  readonly arrivals: readonly Arrival[];
  /** The event log, by event id. */
  readonly events: ReadonlyMap<string, EventRecord>;
}

/** In sentences; empty once everything is settled as it should be. */
export function unsettled({ orderings, accepted, arrivals, events }: Evidence): string[] {
  const acknowledged = new Set(
    arrivals
      .filter(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined)
      .map(({ endpoint, eventId }) => `${endpoint} ${eventId}`),
  );
  return accepted.flatMap(({ eventId }) =>
    IDS.flatMap((id) => {
      const state = outcomeAt(id, events.get(eventId))?.state;
      // That a newer one came instead is what `wrongs` sees to: the last one must be the newest.
      if (state === 'superseded' && orderings[id] === 'latest') return [];
      if (state !== 'delivered') return [`${eventId} is ${state ?? 'not settled'} for ${id}`];
      return acknowledged.has(`${id} ${eventId}`) ? [] : [`${eventId} never arrived at ${id}`];
    }),
  );
}

/**
 * Faults that no retry can correct: an older snapshot after a newer one, a wrong sequence, or an end on an old snapshot.
 * Requests that the relay had given up before they were answered do not count: nobody can call them back.
 */
export function wrongs({ orderings, accepted, arrivals, events }: Evidence): string[] {
  const orderIds = [...new Set(accepted.map(({ orderId }) => orderId))];
  return orderIds.flatMap((orderId) =>
    IDS.flatMap((id) => {
      const own = arrivals.filter((arrival) => arrival.orderId === orderId && arrival.endpoint === id);
      const wanted = own.filter(({ isAbandoned }) => isAbandoned === undefined);
      const ordering = orderings[id];
      if (ordering === 'strict') return outOfOrderIn(wanted, (eventId) => isLate(id, events.get(eventId)));
      const ofOrder = accepted.filter((one) => one.orderId === orderId);
      return ordering === 'latest' ? [...staleIn(wanted, own, events), ...endOf(id, wanted, ofOrder)] : [];
    }),
  );
}

/** With all that is known of the order at this endpoint: such a fault is hard to bring about a second time. */
function staleIn(wanted: readonly Arrival[], own: readonly Arrival[], events: Evidence['events']): string[] {
  return wanted.flatMap((arrival) => {
    const newer = own.find(
      (other) =>
        other.eventId > arrival.eventId && (other.acknowledgedAtMs ?? Infinity) < arrival.startedAtMs,
    );
    if (newer === undefined) return [];
    const history = own.map((one) => arrivalText(one, events.get(one.eventId))).join('; ');
    return [`${arrival.endpoint} was sent ${arrival.eventId} after it had ${newer.eventId}: ${history}`];
  });
}

function arrivalText(
  { endpoint, eventId, startedAtMs, acknowledgedAtMs }: Arrival,
  event?: EventRecord,
): string {
  const times = `${startedAtMs.toFixed(1)} to ${acknowledgedAtMs?.toFixed(1) ?? 'no'} ms`;
  const fannedOut = event?.fannedOutAt?.toISOString() ?? 'never';
  return `${eventId} from ${times}, fanned out ${fannedOut}, ${JSON.stringify(outcomeAt(endpoint, event))}`;
}

function endOf(id: Id, own: readonly Arrival[], accepted: readonly Accepted[]): string[] {
  const newest = accepted
    .map(({ eventId }) => eventId)
    .sort()
    .at(-1);
  const acknowledgedAt = ({ acknowledgedAtMs = 0 }: Arrival) => acknowledgedAtMs;
  const last = own.toSorted((a, b) => acknowledgedAt(a) - acknowledgedAt(b)).at(-1);
  // A webhook whose answer was lost may be newer than all that were answered.
  if (newest === undefined || (last !== undefined && last.eventId >= newest)) return [];
  return [`${id} ends on ${last?.eventId ?? 'nothing'}, the newest is ${newest}`];
}

/** By when each event first came; one that is marked as late may be so. */
function outOfOrderIn(own: readonly Arrival[], mayBeLate: (eventId: string) => boolean): string[] {
  const first = [...new Map(own.toReversed().map((arrival) => [arrival.eventId, arrival])).values()];
  const inTurn = first.filter(({ eventId }) => !mayBeLate(eventId));
  const byStart = inTurn.sort((a, b) => a.startedAtMs - b.startedAtMs);
  return byStart.flatMap((arrival, index) => {
    const before = byStart[index - 1];
    return before && before.eventId > arrival.eventId
      ? [`${arrival.endpoint} got ${arrival.eventId} after ${before.eventId}`]
      : [];
  });
}

function isLate(id: Id, event: EventRecord | undefined): boolean {
  return outcomeAt(id, event)?.late === true;
}

export function outcomeAt(id: Id, event: EventRecord | undefined): Outcome | undefined {
  return event?.outcomes?.[endpointIdSchema.parse(id)];
}

/** How often an endpoint was sent what it had acknowledged already. */
export function duplicatesAt(id: Id, arrivals: readonly Arrival[]): number {
  const had = new Set<string>();
  let duplicates = 0;
  for (const { endpoint, eventId, acknowledgedAtMs } of arrivals) {
    if (endpoint !== id) continue;
    if (had.has(eventId)) duplicates += 1;
    else if (acknowledgedAtMs !== undefined) had.add(eventId);
  }
  return duplicates;
}
