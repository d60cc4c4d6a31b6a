/** The items of an update, and what it changed in them. */
import { html } from 'hono/html';
import type { EventRecord } from '../../relay/model/event.ts';
import { type Change, changesNoteText, type Item } from '../../relay/model/item-changes.ts';
import type { Html } from '../console-env.ts';
import { counted } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';

const MOST_ROWS = 100;

export function itemTable({ items = [], itemsOmitted = 0 }: EventRecord): Html {
  if (items.length === 0) return html`<p class="quiet">The order has no items.</p>`;
  const omitted = itemsOmitted + Math.max(0, items.length - MOST_ROWS);
  return html`${dataTable({
    caption: 'Items of the order',
    isCaptionHidden: true,
    columns: ['Item', 'Status', 'Tracking number'],
    rows: alike(items)
      .slice(0, MOST_ROWS)
      .map(
        ({ item, count }) => html`<tr>
<th scope="row">${optional(item.product ?? item.sku, 'no name')}${count > 1 ? html` <span class="quiet">×${count}</span>` : ''}${
          item.product === undefined || item.sku === undefined
            ? ''
            : html`<br /><small class="quiet">${codeText(item.sku)}</small>`
        }</th>
<td>${optional(item.status, 'no status')}</td><td>${optional(item.trackingNumber, 'none')}</td></tr>`,
      ),
  })}${omittedText(omitted, 'item')}`;
}

/** Many orders have several pieces of the same thing in the same state. */
function alike(items: readonly Item[]): { readonly item: Item; readonly count: number }[] {
  const groups = Map.groupBy(items, ({ sku, product, status, trackingNumber }) =>
    JSON.stringify([sku, product, status, trackingNumber]),
  );
  return [...groups.values()].flatMap(([item, ...others]) =>
    item === undefined ? [] : [{ item, count: others.length + 1 }],
  );
}

export function changeTable({ changes = [], changesOmitted = 0, changesNote }: EventRecord): Html {
  const note =
    changesNote === undefined ? '' : html`<p class="quiet">Note: ${changesNoteText(changesNote)}.</p>`;
  if (changes.length === 0) return html`<p>No item has changed.</p>${note}`;
  return html`${dataTable({
    caption: 'Changes',
    isCaptionHidden: true,
    columns: ['Item', 'Status', 'Tracking number'],
    rows: changes.slice(0, MOST_ROWS).map(changeRow),
  })}${omittedText(changesOmitted + Math.max(0, changes.length - MOST_ROWS), 'change')}${note}`;
}

function changeRow({ change, sku, ...fields }: Change): Html {
  return html`<tr><th scope="row">${optional(sku, 'no SKU')}</th>
<td>${change === 'changed' ? '' : `${change}: `}${fromTo(fields.statusFrom, fields.statusTo)}</td>
<td>${fromTo(fields.trackingNumberFrom, fields.trackingNumberTo)}</td></tr>`;
}

function fromTo(from: string | undefined, to: string | undefined): Html {
  if (from === undefined && to === undefined) return html`<span class="quiet">same</span>`;
  if (from === undefined || to === undefined) return html`${untrusted(to ?? from ?? '')}`;
  return html`${untrusted(from)} <span aria-hidden="true">→</span><span class="hidden">to</span> ${untrusted(to)}`;
}

function optional(text: string | undefined, otherwise: string): Html {
  return text === undefined ? html`<span class="quiet">${otherwise}</span>` : untrusted(text);
}

function omittedText(count: number, noun: string): Html {
  return count === 0 ? html`` : html`<p class="quiet">${counted(count, `more ${noun}`)} not shown.</p>`;
}
