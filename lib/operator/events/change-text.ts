/** Describes a change of an item in a few words, for the CLI and the console. */
import type { Change } from '../../relay/model/item-changes.ts';

/** `New → Shipped`, `+ New`, `− Shipped`, `tracking number`. */
export function changeText({ change, statusFrom, statusTo, trackingNumberTo }: Change): string {
  switch (change) {
    case 'added':
      return `+ ${statusTo ?? 'no status'}`;
    case 'removed':
      return `− ${statusFrom ?? 'no status'}`;
    case 'changed':
      if (statusFrom !== statusTo) return `${statusFrom ?? 'no status'} → ${statusTo ?? 'no status'}`;
      return trackingNumberTo === undefined ? 'tracking number removed' : 'tracking number';
  }
}

/** `Shipped ×2`: equal texts become one. */
export function countedTexts(texts: readonly string[]): string[] {
  return [...Map.groupBy(texts, (text) => text)].map(([text, { length }]) =>
    length > 1 ? `${text} ×${length}` : text,
  );
}
