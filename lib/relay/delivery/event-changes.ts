/** Computes the changes of an event since its order's previous snapshot. */
import { plainBody } from '../model/content-encoding.ts';
import type { EventChanges, EventKey, EventRecord, Payload } from '../model/event.ts';
import { readAllItems } from '../model/hub-order.ts';
import { type Change, compareItems, type Item } from '../model/item-changes.ts';
import { type EventLog, UnreadableRowError } from '../ports/event-log.ts';

/** The maximum size of an event's changes, in bytes of JSON. */
const CHANGES_LIMIT_BYTES = 32 * 1024;

export type KnownChanges = EventChanges & { readonly changes: readonly Change[] };

/**
 * Rows keep the first 16 KB of an order's items. A list that was cut and one that was not differ in items that are all
 * there. So if one of both was cut, the items of both payloads are compared.
 *
 * @param previous the order's previous snapshot; undefined for the first one
 * @param payloadOf reads the event's payload
 */
export async function changesOfEvent(
  eventLog: Pick<EventLog, 'payload'>,
  event: EventRecord,
  previous: EventRecord | undefined,
  payloadOf: () => Promise<Payload | undefined>,
): Promise<KnownChanges> {
  if (event.items === undefined) return { changes: [] };
  const { items: itemsBefore = [] } = previous ?? {};
  const [isCut, wasCut] = [isCutList(event), isCutList(previous)];
  if (!isCut && !wasCut) return limited(itemsBefore, event.items);
  const now = isCut ? itemsIn(await payloadOf()) : event.items;
  const before = previous && wasCut ? itemsIn(await readable(eventLog, previous)) : itemsBefore;
  if (now === undefined || before === undefined) return { changes: [], changesNote: 'items-cut' };
  return limited(before, now);
}

function isCutList(event: EventRecord | undefined): boolean {
  return event?.itemsOmitted !== undefined;
}

function itemsIn(payload: Payload | undefined): readonly Item[] | undefined {
  return payload && readAllItems(plainBody(payload));
}

async function readable(eventLog: Pick<EventLog, 'payload'>, key: EventKey): Promise<Payload | undefined> {
  try {
    return await eventLog.payload(key);
  } catch (error) {
    if (error instanceof UnreadableRowError) return undefined;
    throw error;
  }
}

function limited(before: readonly Item[], now: readonly Item[]): KnownChanges {
  const { changes, note } = compareItems(before, now);
  let bytes = 0;
  const end = changes.findIndex((change) => {
    bytes += Buffer.byteLength(JSON.stringify(change));
    return bytes > CHANGES_LIMIT_BYTES;
  });
  return {
    changes: end === -1 ? changes : changes.slice(0, end),
    ...(end !== -1 && { changesOmitted: changes.length - end }),
    ...(note !== undefined && { changesNote: note }),
  };
}
