/** The input of filters, transforms and `success` expressions. */

import { plainBody } from './content-encoding.ts';
import type { EventRecord, Payload } from './event.ts';
import { parseBody } from './hub-order.ts';
import { NOTICES, TESTS } from './ids.ts';
import type { Change, ChangesNote } from './item-changes.ts';

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
    /** An operator sent it to test the endpoint. */
    readonly test?: boolean;
    /** True when the body has no list of items. */
    readonly notAnOrder?: boolean;
    /** The number of changes that `changes` leaves out. */
    readonly changesOmitted?: number;
    /** Why `changes` is not the whole truth. */
    readonly changesNote?: ChangesNote;
  };
  /** The body as JSON; absent when it is not JSON. A number that JavaScript cannot hold is its digits as a text. */
  readonly order?: unknown;
  /** Changes since the order's previous snapshot. */
  readonly changes: readonly Change[];
  /** The body of a notice. Notices have no order. */
  readonly notice?: unknown;
}

/** An endpoint's answer, as the input of its `success` expression. */
export interface AnswerInput {
  readonly status: number;
  /** By lower-case name. Values of a repeated header are separated by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** As JSON if it is JSON, otherwise as text. */
  readonly body: unknown;
}

/** An event as an endpoint receives it. Its changes may not be in the table yet. */
export type OutgoingEvent = EventRecord & { readonly late?: boolean };

export function expressionInput(event: OutgoingEvent, payload: Payload): ExpressionInput {
  const { eventId, orderId, niceId, source, receivedAt, late, changes = [] } = event;
  const { items, changesOmitted, changesNote } = event;
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
      ...(items === undefined && source !== NOTICES && { notAnOrder: true }),
      ...(changesOmitted !== undefined && { changesOmitted }),
      ...(changesNote !== undefined && { changesNote }),
    },
    ...(body !== undefined && { [source === NOTICES ? 'notice' : 'order']: body }),
    changes,
  };
}

/** Several endpoints evaluate expressions on the same payload, so it is parsed once. */
const parsed = new WeakMap<Payload, unknown>();

function jsonOf(payload: Payload): unknown {
  if (!parsed.has(payload)) parsed.set(payload, parseBody(plainBody(payload)));
  return parsed.get(payload);
}
