/** An event: one webhook of the Hub, stored as a record and a payload. */

import type { EndpointId, EventId, OrderKey, SourceId } from './ids.ts';
import type { Change, ChangesNote, Item } from './item-changes.ts';
import type { Outcome } from './outcome.ts';

/** Sweep enqueues an event again after this time. It is far longer than an ingest may run. */
export const FAN_OUT_DUE_MS = 2 * 60_000;

export interface EventKey {
  readonly orderKey: OrderKey;
  readonly eventId: EventId;
}

/** The request as received. All personal data is in the payload. */
export interface Payload {
  /** The `content-type` header as received; absent when there was none. */
  readonly contentType?: string;
  /** The `content-encoding` header as received. */
  readonly contentEncoding?: string;
  /** The body as received. */
  readonly body: Uint8Array;
}

/** Why a body is no snapshot of an order. */
export const NO_SNAPSHOT = ['empty', 'not JSON', 'not an order'] as const;

/** The event's outcome at each endpoint, by endpoint id. Made by `recordOf`: an endpoint may be called `constructor`. */
export type Outcomes = Readonly<Record<EndpointId, Outcome>>;

/** The changes since the order's previous snapshot. */
export interface EventChanges {
  readonly changes?: readonly Change[];
  /** The number of changes that were left out to keep the record small. */
  readonly changesOmitted?: number;
  /** Why the changes are not the whole truth. */
  readonly changesNote?: ChangesNote;
}

/** An event's record. It contains no personal data. Fan-out writes the changes. */
export interface EventRecord extends EventKey, EventChanges {
  readonly source: SourceId;
  /** Absent when neither query nor body has one. Such an event has a partition of its own. */
  readonly orderId?: string;
  /** The id that people read and type, such as `Magic7-501`. */
  readonly niceId?: string;
  readonly receivedAt: Date;
  /** For a test: the endpoint that receives it. For a notice: the endpoint that it is about, which does not receive it. */
  readonly endpointId?: EndpointId;
  /** Absent when the body is a snapshot: a JSON object with at least one member. */
  readonly noSnapshot?: (typeof NO_SNAPSHOT)[number];
  /** Absent when the body has no list of items. */
  readonly items?: readonly Item[];
  /** The number of items that were left out to keep the record under 16 KB. */
  readonly itemsOmitted?: number;
  readonly outcomes?: Outcomes;
  /** Set once every endpoint has an outcome or a delivery row. */
  readonly fannedOutAt?: Date;
  /** How often fan-out started again after a run that failed or died. */
  readonly fanOutAttempts?: number;
  /** Fan-out works on the order's other events until then. */
  readonly quarantinedUntil?: Date;
  /** When fan-out gave up. The event needs attention. */
  readonly abandonedAt?: Date;
  /** When an operator erased its payload. Nothing is sent any more. */
  readonly forgottenAt?: Date;
}

/** True for an event that names an order and does not contain it. It cannot be newer or older than a snapshot. */
export function lacksSnapshot({ orderId, noSnapshot }: EventRecord): boolean {
  return orderId !== undefined && noSnapshot !== undefined;
}
