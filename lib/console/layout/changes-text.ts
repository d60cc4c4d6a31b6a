/** Describes in a few words how an event changed its order. */
import { changeText, countedTexts } from '../../operator/events/change-text.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { isRelayEvent, TESTS } from '../../relay/model/ids.ts';
import { changesNoteText } from '../../relay/model/item-changes.ts';

/** `New → Shipped ×2, + New`; before fan-out, only the statuses. */
export function changesText(event: EventRecord, mostKinds = 3): string {
  const { source, endpointId, noSnapshot, items, changes, changesNote } = event;
  if (isRelayEvent(event.orderKey)) {
    if (source === TESTS) return `test event for ${endpointId}`;
    return endpointId === undefined ? 'notice of the relay' : `notice about ${endpointId}`;
  }
  if (noSnapshot !== undefined) return noSnapshot === 'empty' ? 'empty body' : noSnapshot;
  if (items === undefined) return 'no items';
  if (changes === undefined)
    return countedTexts(items.map(({ status }) => status ?? 'no status')).join(', ') || 'no items';
  if (changesNote === 'items-cut') return changesNoteText(changesNote);
  const kinds = countedTexts(changes.map(changeText));
  if (kinds.length === 0) return 'nothing changed';
  const more = kinds.length - mostKinds;
  return [...kinds.slice(0, mostKinds), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
