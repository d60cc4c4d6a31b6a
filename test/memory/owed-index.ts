/** The sparse index `owed` in memory: every list is sorted by `dueAt`, so that a query costs no full scan. */
import type { OrderKey } from '../../lib/relay/model/ids.ts';
import type { OwedItem } from '../../lib/relay/ports/event-log.ts';

interface Entry {
  readonly item: OwedItem;
  readonly dueAtMs: number;
  /** Items that are due at the same time stand in the order of their orders, and then of their rows. */
  readonly order: number;
  readonly row: number;
}

export class OwedIndex {
  readonly #lists = new Map<string, Entry[]>();
  readonly #orders = new Map<OrderKey, { readonly order: number; entries: readonly Entry[] }>();

  /** Sets everything that an order's rows owe. */
  replace(orderKey: OrderKey, items: readonly OwedItem[]): void {
    const known = this.#orders.get(orderKey) ?? { order: this.#orders.size, entries: [] };
    this.#orders.set(orderKey, known);
    const entries = items.map((item, row) => ({
      item,
      dueAtMs: item.dueAt.getTime(),
      order: known.order,
      row,
    }));
    if (areSame(known.entries, entries)) return;
    for (const entry of known.entries) {
      const list = this.#list(entry);
      list.splice(position(list, entry), 1);
    }
    for (const entry of entries) {
      const list = this.#list(entry);
      list.splice(position(list, entry), 0, entry);
    }
    known.entries = entries;
  }

  /** One list's items that are due from `since` up to, and without, `before`: the longest overdue first. */
  select(owedTo: string, since: Date, before: Date, limit: number): OwedItem[] {
    const list = this.#lists.get(owedTo) ?? [];
    const from = position(list, { dueAtMs: since.getTime(), order: -1, row: -1 });
    const to = position(list, { dueAtMs: before.getTime(), order: -1, row: -1 });
    return list.slice(from, Math.min(to, from + limit)).map(({ item }) => item);
  }

  #list({ item }: Entry): Entry[] {
    const list = this.#lists.get(item.owedTo) ?? [];
    this.#lists.set(item.owedTo, list);
    return list;
  }
}

type Place = Pick<Entry, 'dueAtMs' | 'order' | 'row'>;

/** Where a place is, or would be inserted, in a sorted list. */
function position(list: readonly Entry[], place: Place): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const entry = list[middle];
    if (entry !== undefined && isBefore(entry, place)) from = middle + 1;
    else to = middle;
  }
  return from;
}

function isBefore(a: Place, b: Place): boolean {
  if (a.dueAtMs !== b.dueAtMs) return a.dueAtMs < b.dueAtMs;
  return a.order === b.order ? a.row < b.row : a.order < b.order;
}

function areSame(some: readonly Entry[], others: readonly Entry[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ item, dueAtMs }, index) => {
      const other = others[index];
      return (
        dueAtMs === other?.dueAtMs &&
        item.owedTo === other.item.owedTo &&
        item.kind === other.item.kind &&
        item.eventId === other.item.eventId &&
        (item.kind === 'event' ||
          (other.item.kind === 'delivery' && item.endpointId === other.item.endpointId))
      );
    })
  );
}
