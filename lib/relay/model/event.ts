/** What an event is: one webhook of the Hub, as a record and as the payload that came with it. */

import type { EndpointId, EventId, OrderKey, SourceId } from './ids.ts';
import type { Change, Item } from './item-changes.ts';
import type { Outcome } from './outcome.ts';

export interface EventKey {
  readonly orderKey: OrderKey;
  readonly eventId: EventId;
}

/** The request as it came. Personal data is here and nowhere else. */
export interface Payload {
  /** The `content-type` header as received; absent when there was none. */
  readonly contentType?: string;
  /** The bytes that the function was handed. */
  readonly body: Uint8Array;
}

/** How the event fares at each endpoint, by endpoint id. */
export type Outcomes = Readonly<Record<EndpointId, Outcome>>;

/** The small record of an event, free of personal data. */
export interface EventRecord extends EventKey {
  readonly source: SourceId;
  /** Absent when neither the address nor the body named one: such an event stands alone. */
  readonly orderId?: string;
  /** The id that people read and type, such as `Magic7-501`. */
  readonly niceId?: string;
  readonly receivedAt: Date;
  /** Of a test, the endpoint that it is for; of a notice, the one that it is about, which is not told. */
  readonly endpointId?: EndpointId;
  /** Absent when the body is no order. */
  readonly items?: readonly Item[];
  /** How many items the list leaves out because the record would pass 16 KB. */
  readonly itemsOmitted?: number;
  /** What differs from the order's snapshot before; written when the event is fanned out. */
  readonly changes?: readonly Change[];
  readonly outcomes?: Outcomes;
  /** Set once every endpoint has an outcome or a delivery row. */
  readonly fannedOutAt?: Date;
  /** How often its fan-out was begun again, because an earlier run had failed or died. */
  readonly fanOutAttempts?: number;
  /** Until then its order goes on without it. */
  readonly quarantinedUntil?: Date;
  /** When it was left to a person. */
  readonly abandonedAt?: Date;
  /** When its payload was erased because somebody asked for it: there is nothing left to send. */
  readonly forgottenAt?: Date;
}
