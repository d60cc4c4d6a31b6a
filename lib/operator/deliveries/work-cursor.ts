/** The place where a list of owed work continues, as a text. It is parsed like every input. */
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { EventId } from '../../relay/model/ids.ts';
import { isEventId } from '../../relay/model/ids.ts';
import * as z from '../../relay/model/zod.ts';
import type { OwedItem } from '../../relay/ports/event-log.ts';
import { InvalidInputError } from '../errors.ts';

/** The parts of a list, in their order. */
const PARTS = ['attention', 'cancelled', 'pending'] as const;
export type WorkPart = (typeof PARTS)[number];

/** The last item of the page before. */
export interface WorkCursor {
  readonly part: WorkPart;
  readonly eventId: EventId;
  /** Absent for an event that fan-out gave up on. */
  readonly endpointId?: string | undefined;
  /** Absent in the part `cancelled`, which has no due times. */
  readonly dueAt?: Date | undefined;
}

const cursorSchema = z.object({
  part: z.enum(PARTS),
  eventId: z.pipe(
    z.string().check(z.refine(isEventId)),
    z.transform((text) => text as EventId),
  ),
  endpointId: z.exactOptional(endpointIdSchema),
  dueAt: z.exactOptional(
    z.pipe(
      z.iso.datetime(),
      z.transform((text) => new Date(text)),
    ),
  ),
});

export function cursorText({ part, eventId, endpointId, dueAt }: WorkCursor): string {
  return Buffer.from(JSON.stringify({ part, eventId, endpointId, dueAt })).toString('base64url');
}

/** @throws InvalidInputError */
export function parseCursor(text: string): WorkCursor {
  const parsed = cursorSchema.safeParse(jsonIn(Buffer.from(text, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw new InvalidInputError([{ attribute: 'after', problem: 'must be the `next` of the page before' }]);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a cursor: the caller says so.
    return undefined;
  }
}

export function isBefore(part: WorkPart, other: WorkPart): boolean {
  return PARTS.indexOf(part) < PARTS.indexOf(other);
}

/**
 * The items after the cursor's. Several items can have its due time: those before it are skipped. When it is not listed
 * any more, none of them is.
 */
export async function* itemsAfter(
  items: AsyncIterable<OwedItem>,
  cursor: WorkCursor,
): AsyncGenerator<OwedItem, void, undefined> {
  let before: OwedItem[] = [];
  let isPast = false;
  for await (const item of items) {
    if (!isPast && item.dueAt.getTime() !== cursor.dueAt?.getTime()) {
      isPast = true;
      yield* before;
    }
    if (isPast) yield item;
    else if (isAt(item, cursor)) [before, isPast] = [[], true];
    else before.push(item);
  }
  if (!isPast) yield* before;
}

function isAt(item: OwedItem, { eventId, endpointId }: WorkCursor): boolean {
  return item.eventId === eventId && (item.kind === 'event' ? undefined : item.endpointId) === endpointId;
}
