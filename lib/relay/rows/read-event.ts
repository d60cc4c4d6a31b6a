/** Reads the attributes of an event's row, whatever the store. */
import { endpointIdSchema } from '../endpoint/endpoint-id.ts';
import { sourceIdSchema } from '../endpoint/source.ts';
import { SHOWN_STATES } from '../model/delivery-state.ts';
import { type EventKey, type EventRecord, NO_SNAPSHOT, type Outcomes } from '../model/event.ts';
import { type EndpointId, eventTime, sourceOf } from '../model/ids.ts';
import { CHANGES_NOTES } from '../model/item-changes.ts';
import type { Outcome } from '../model/outcome.ts';
import { REASONS } from '../model/reason.ts';
import { recordOf } from '../model/record-of.ts';
import * as z from '../model/zod.ts';
import type { Row } from './attributes.ts';
import { endpointIdIn } from './outcome-map.ts';
import { moment, readAttributes } from './read-attributes.ts';

/** Only the key is required. A missing or wrong attribute is omitted or derived from the key. */
export function readEvent(key: EventKey, row: Row): EventRecord {
  return withKey(key, row, readAttributes(ATTRIBUTES, row));
}

/** The event without its changes and outcomes. */
export function readEventOutline(key: EventKey, row: Row): EventRecord {
  return withKey(key, row, readAttributes(OUTLINE, row));
}

function withKey(
  { orderKey, eventId }: EventKey,
  row: Row,
  attributes: Omit<Partial<EventRecord>, keyof EventKey>,
): EventRecord {
  return {
    ...attributes,
    orderKey,
    eventId,
    source: attributes.source ?? sourceOf(orderKey),
    receivedAt: attributes.receivedAt ?? eventTime(eventId),
    // The attribute's presence means that the event was fanned out, even if a person changed its value.
    ...(row.fannedOutAt !== undefined && { fannedOutAt: attributes.fannedOutAt ?? eventTime(eventId) }),
  };
}

const text = z.exactOptional(z.string());

const STATED = z.looseObject({ state: z.enum(SHOWN_STATES) });

const OUTCOME = {
  reason: z.enum(REASONS),
  status: z.number(),
  durationMs: z.number(),
  error: z.string(),
  attempt: z.number(),
  late: z.literal(true),
  replayed: z.literal(true),
};

const ATTRIBUTES = {
  source: sourceIdSchema,
  orderId: z.string(),
  niceId: z.string(),
  receivedAt: moment,
  noSnapshot: z.enum(NO_SNAPSHOT),
  endpointId: endpointIdSchema,
  items: z.array(z.object({ sku: text, product: text, status: text, trackingNumber: text })),
  itemsOmitted: z.number(),
  changes: z.array(
    z.object({
      change: z.enum(['added', 'removed', 'changed']),
      sku: text,
      statusFrom: text,
      statusTo: text,
      trackingNumberFrom: text,
      trackingNumberTo: text,
    }),
  ),
  changesOmitted: z.number(),
  changesNote: z.enum(CHANGES_NOTES),
  outcomes: z.pipe(
    z.custom<Row>((value) => typeof value === 'object' && value !== null),
    z.transform(readOutcomes),
  ),
  fannedOutAt: moment,
  fanOutAttempts: z.int().check(z.minimum(0)),
  quarantinedUntil: moment,
  abandonedAt: moment,
  forgottenAt: moment,
};

const { changes: _, outcomes: __, ...OUTLINE } = ATTRIBUTES;

/** The outcome of one endpoint in the map of an event's row, as {@link readEvent} reads it. */
export function outcomeIn(outcomes: unknown, endpointId: EndpointId): Outcome | undefined {
  return readAttributes(ATTRIBUTES, { outcomes }).outcomes?.[endpointId];
}

/** Each outcome is parsed by itself, so that an edited one does not hide the others. Only its state is essential. */
function readOutcomes(outcomes: Row): Outcomes {
  const entries = Object.entries(outcomes).flatMap(([key, value]): [EndpointId, Outcome][] => {
    const id = endpointIdSchema.safeParse(endpointIdIn(key));
    const known = STATED.safeParse(value);
    if (!id.success || !known.success) return [];
    const { state } = known.data;
    return [[id.data, { state, ...readAttributes(OUTCOME, known.data) }]];
  });
  return recordOf(entries);
}
