/** Events, outcomes and deliveries in a few words. */

import { type Attempt, outcomeOf } from '../../relay/model/delivery.ts';
import {
  type DeliveryState,
  SHOWN_STATES,
  type ShownState,
  shownState,
} from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { isRelayEvent, TESTS } from '../../relay/model/ids.ts';
import { changesNoteText, type Item } from '../../relay/model/item-changes.ts';
import { detailText, type Outcome, outcomeText } from '../../relay/model/outcome.ts';
import type { DeliveryWithNext } from '../deliveries/next-try.ts';
import { changeText, countedTexts } from '../events/change-text.ts';
import { nextTryText } from './next-try-text.ts';
import type { Colour, Colours } from './output.ts';
import { shortened } from './table.ts';
import { timeText } from './times.ts';

/** The limits of a text about changes. */
export interface ChangesLimit {
  readonly kinds: number;
  readonly length: number;
}
const IN_A_LIST: ChangesLimit = { kinds: 2, length: 44 };
const TEXT_LENGTH = 40;
/** The Hub's ids are short. Longer ones come from somebody who plays with the address. */
const ORDER_LENGTH = 100;

/** The nice id, or the Hub's order id. */
export function orderText({ niceId, orderId }: Pick<EventRecord, 'niceId' | 'orderId'>): string {
  return shortened(niceId ?? orderId ?? '–', ORDER_LENGTH);
}

/** `New → Pending ×2`, `+ New ×3`; before fan-out, only the statuses. */
export function changesText(event: EventRecord, { dim }: Colours, room: ChangesLimit = IN_A_LIST): string {
  if (isRelayEvent(event.orderKey)) return dim(shortened(relayEventText(event), room.length));
  if (event.noSnapshot !== undefined) return dim(noSnapshotText(event.noSnapshot));
  if (event.items === undefined) return dim('no items');
  if (event.changes === undefined) return shortened(statusesText(event.items), room.length);
  const kinds = countedTexts(event.changes.map(changeText));
  if (event.changesNote === 'items-cut') return dim(changesNoteText(event.changesNote));
  if (kinds.length === 0) return dim('nothing changed');
  const more = kinds.length - room.kinds;
  const shown = [...kinds.slice(0, room.kinds), ...(more > 0 ? [`${more} more`] : [])];
  return shortened(shown.join(', '), room.length);
}

/** Why the body contains no order. */
export function noSnapshotText(reason: NonNullable<EventRecord['noSnapshot']>): string {
  return reason === 'empty' ? 'empty body' : reason;
}

/** Describes an event of the relay itself. */
export function relayEventText({ source, endpointId }: EventRecord): string {
  if (source === TESTS) return `a test event for ${endpointId}`;
  return endpointId === undefined ? 'a notice' : `a notice about ${endpointId}`;
}

/** `Shipped ×2, InProduction`. */
export function statusesText(items: readonly Item[]): string {
  return countedTexts(items.map((item) => item.status ?? 'no status')).join(', ') || 'no items';
}

/** Says how many changes the list leaves out, or why it is not complete. */
export function changesNotes({ changesOmitted, changesNote }: EventRecord): string[] {
  return [
    ...(changesOmitted === undefined ? [] : [`… and ${changesOmitted} more`]),
    ...(changesNote === undefined ? [] : [changesNoteText(changesNote)]),
  ];
}

/** Table rows: item, change, tracking number. */
export function changeRows({ changes = [] }: EventRecord): string[][] {
  return changes.map((change) => [
    shortened(change.sku ?? 'no SKU', TEXT_LENGTH),
    shortened(changeText(change), 2 * TEXT_LENGTH),
    change.trackingNumberTo ?? change.trackingNumberFrom ?? '',
  ]);
}

/** `3 delivered`, `2 delivered, 1 pending`. */
export function outcomesText(event: EventRecord, colours: Colours): string {
  if (event.fannedOutAt === undefined) return colours.yellow('not fanned out yet');
  const states = Object.values(event.outcomes ?? {}).map(({ state }) => state);
  if (states.length === 0) return colours.dim('no endpoints');
  return SHOWN_STATES.flatMap((state) => {
    const count = states.filter((one) => one === state).length;
    return count === 0 ? [] : [colours[colourOf(state)](`${count} ${state}`)];
  }).join(', ');
}

/** One endpoint's outcome, coloured by its state. */
export function colouredOutcome(outcome: Outcome, colours: Colours): string {
  const { state } = outcome;
  return colours[colourOf(state)](state) + outcomeText(outcome).slice(state.length);
}

/** A delivery's state. */
export function stateText(state: DeliveryState, colours: Colours): string {
  const shown = shownState(state);
  return colours[colourOf(shown)](shown);
}

/** A delivery's outcome, the time of its replay, and its next attempt. */
export function deliveryText(delivery: DeliveryWithNext, colours: Colours, now = new Date()): string {
  const { replayedAt, next } = delivery;
  // The outcome's text ends with `replayed`. The row adds the time.
  const replayed = replayedAt === undefined ? '' : ` ${timeText(replayedAt)}`;
  const text = colouredOutcome(outcomeOf(delivery), colours) + replayed;
  return next === undefined ? text : `${text}, next attempt ${nextTryText(next, now)}`;
}

/** The answer of an attempt, or why there was none. */
export function attemptText(made: Attempt): string {
  const { unsent, error = 'failed' } = made;
  return unsent ? `nothing sent: ${error}` : (detailText(made) ?? error);
}

/** A table row: number, time, result and answer of an attempt. */
export function attemptCells(made: Attempt, number: number, { dim }: Colours): string[] {
  return [`${number}.`, timeText(made.at), attemptText(made), ...(made.answer ? [dim(made.answer)] : [])];
}

function colourOf(state: ShownState): Colour {
  switch (state) {
    case 'delivered':
      return 'green';
    case 'pending':
      return 'yellow';
    case 'dead':
    case 'cancelled':
      return 'red';
    case 'superseded':
    case 'skipped':
      return 'dim';
  }
}
