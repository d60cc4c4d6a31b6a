/** The input of filters and transforms. */

import type { EventRecord, Payload } from './event.ts';
import { parseJson } from './hub-order.ts';
import { NOTICES, TESTS } from './ids.ts';
import type { Change } from './item-changes.ts';

export interface ExpressionInput {
  readonly event: {
    readonly id: string;
    readonly orderId?: string;
    readonly niceId?: string;
    readonly source: string;
    /** ISO 8601. */
    readonly receivedAt: string;
    /** A newer event of its order was sent before it. */
    readonly late?: boolean;
    /** It is none of the Hub's, but somebody's who tries the endpoint. */
    readonly test?: boolean;
  };
  /** The body as JSON; absent when it is none. */
  readonly order?: unknown;
  /** What differs from the order's snapshot before. */
  readonly changes: readonly Change[];
  /** What the relay tells of itself, in the place of an order. */
  readonly notice?: unknown;
}

/** An event as an endpoint is told of it. Its changes are known, though they may not be written yet. */
export type OutgoingEvent = EventRecord & { readonly late?: boolean };

export function expressionInput(event: OutgoingEvent, payload: Payload): ExpressionInput {
  const { eventId, orderId, niceId, source, receivedAt, late, changes = [] } = event;
  const body = jsonOf(payload);
  return {
    event: {
      id: eventId,
      ...(orderId !== undefined && { orderId }),
      ...(niceId !== undefined && { niceId }),
      source,
      receivedAt: receivedAt.toISOString(),
      ...(late && { late }),
      ...(source === TESTS && { test: true }),
    },
    ...(body !== undefined && { [source === NOTICES ? 'notice' : 'order']: body }),
    changes,
  };
}

/** Many endpoints ask about the same payload. */
const parsed = new WeakMap<Payload, unknown>();

function jsonOf(payload: Payload): unknown {
  if (!parsed.has(payload)) parsed.set(payload, parseJson(payload.body));
  return parsed.get(payload);
}
