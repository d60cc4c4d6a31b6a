/**
 * Which deliveries of one order to one endpoint may go now, by the endpoint's ordering.
 *
 * - `latest`: a snapshot never starts after a newer one was acknowledged; an older one that still fails when a newer
 *   one comes is superseded, for the newer holds all it held.
 * - `strict`: every event, in order, each waiting for the one before it to be settled.
 * - `none`: every event, as it comes.
 */
import { after } from './clock.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import type { EventRecord } from './event.ts';
import type { EndpointId } from './ids.ts';
import type { SendingRelay } from './relay.ts';
import { settle } from './settle.ts';
import { hasWhatItSays } from './unchanged.ts';

/**
 * How long a delivery behind another one waits before it looks again; the one before it wakes it earlier. So short that
 * it counts as due by then.
 */
const BEHIND_MS = 2_000;

/**
 * `go` now; wait because an earlier one may be under way, or because nobody knows yet whether the endpoint wants a newer
 * one; `superseded` because a newer one takes its place.
 */
export type Turn = 'go' | 'superseded' | { readonly waitUntil: Date; readonly forNewer?: boolean };

/** What is known of an order when a turn is decided. */
export interface OrderView {
  /** The order's delivery rows, of all endpoints. */
  readonly rows: readonly Delivery[];
  /** Its events that are newer than the one in question and have been fanned out. */
  readonly newer: readonly EventRecord[];
  /** A newer one that is owed to fan-out, and that a run which died may have sent. */
  readonly newerMayBeSent?: EventRecord | undefined;
}

/** Decides for one event and endpoint, and settles the older deliveries that it takes the place of. */
export async function takeTurn(
  relay: SendingRelay,
  endpoint: Endpoint,
  key: Pick<DeliveryKey, 'orderKey' | 'eventId'>,
  view: OrderView,
): Promise<Turn> {
  const older = view.rows.filter(
    (row) => row.endpointId === endpoint.id && row.eventId < key.eventId && !isSettled(row),
  );
  switch (endpoint.ordering) {
    case 'none':
      return 'go';
    case 'strict':
      return older.length === 0 ? 'go' : { waitUntil: after(relay.clock.now(), BEHIND_MS) };
    case 'latest': {
      if (isOvertaken(endpoint.id, key, view)) return 'superseded';
      if (view.newerMayBeSent !== undefined || mayBeOvertaken(endpoint.id, key, view))
        return givingWay(relay, endpoint);
      const free = await Promise.all(older.map((row) => supersede(relay, row)));
      return free.every(Boolean) ? 'go' : { waitUntil: after(relay.clock.now(), BEHIND_MS) };
    }
  }
}

/** To one that may have been sent: but if the endpoint's filter refuses that one, this one was its newest. */
function givingWay(relay: SendingRelay, { filter }: Endpoint): Turn {
  if (filter === undefined) return 'superseded';
  return { waitUntil: after(relay.clock.now(), BEHIND_MS), forNewer: true };
}

/**
 * True when deliver may be about to decide that a newer one is sent: it waits for what has a row, and only for that.
 */
export function isBeforeUndecided(
  { id, ordering }: Endpoint,
  key: Pick<DeliveryKey, 'eventId'>,
  { rows }: OrderView,
): boolean {
  return (
    ordering === 'latest' &&
    rows.some((row) => row.endpointId === id && row.eventId > key.eventId && !isSettled(row))
  );
}

/** True when a newer snapshot has been delivered to the endpoint, or is owed to it. */
function isOvertaken(
  endpointId: EndpointId,
  key: Pick<DeliveryKey, 'eventId'>,
  { rows, newer }: OrderView,
): boolean {
  const newerRows = rows.filter((row) => row.endpointId === endpointId && row.eventId > key.eventId);
  // One that the endpoint may yet refuse takes nobody's place.
  if (newerRows.some((row) => !isUndecided(row) && (hasHad(row) || !isSettled(row)))) return true;
  const withRow = new Set(newerRows.map(({ eventId }) => eventId));
  // Without a row, its fan-out delivered it inline, or found it late itself, or found nothing to send.
  return newer.some((event) => !withRow.has(event.eventId) && hasWhatItSays(event, endpointId));
}

function isUndecided(row: Delivery): boolean {
  return row.undecided === true && !isSettled(row);
}

/** True when a newer one may have been sent, unless the endpoint's filter refuses it. */
function mayBeOvertaken(
  endpointId: EndpointId,
  key: Pick<DeliveryKey, 'eventId'>,
  { rows }: OrderView,
): boolean {
  return rows.some(
    (row) =>
      row.endpointId === endpointId &&
      row.eventId > key.eventId &&
      isUndecided(row) &&
      row.mayHaveArrivedAt !== undefined,
  );
}

function hasHad(row: Delivery): boolean {
  const { state, mayHaveArrivedAt } = row;
  return state === 'delivered' || (mayHaveArrivedAt !== undefined && !isRefusedFromTheFirst(row));
}

/** What the filter refuses the fan-out that died had not sent either; what was replayed may have been had before. */
function isRefusedFromTheFirst({ state, replayedAt }: Delivery): boolean {
  return state === 'skipped' && replayedAt === undefined;
}

/** False when it may be under way, so that the newer one has to wait. */
async function supersede(relay: SendingRelay, row: Delivery): Promise<boolean> {
  if (isLeased(row, relay.clock.now())) return false;
  if (await settle(relay, row, 'superseded', 'a newer event took its place')) return true;
  const now = (await relay.eventLog.deliveries(row.orderKey)).find(
    ({ eventId, endpointId }) => eventId === row.eventId && endpointId === row.endpointId,
  );
  return now === undefined || isSettled(now);
}

/** The delivery of an order and endpoint that goes next once one of them has ended or failed. */
export function nextInTurn(endpoint: Endpoint, rows: readonly Delivery[]): Delivery | undefined {
  const pending = rows.filter((row) => row.endpointId === endpoint.id && !isSettled(row));
  const oldestFirst = pending.sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
  return endpoint.ordering === 'latest' ? oldestFirst.at(-1) : oldestFirst[0];
}
