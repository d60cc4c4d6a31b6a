/**
 * Merges several sorted lists into one.
 *
 * @param isBefore the order of the lists
 */
export async function* mergeSorted<Item>(
  lists: readonly AsyncGenerator<Item, void, undefined>[],
  isBefore: (item: Item, other: Item) => boolean,
): AsyncGenerator<Item, void, undefined> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, next: await list.next() })));
  for (;;) {
    let first: { item: Item; head: (typeof heads)[number] } | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      const item = head.next.value;
      if (first === undefined || isBefore(item, first.item)) first = { item, head };
    }
    if (first === undefined) return;
    yield first.item;
    first.head.next = await first.head.list.next();
  }
}
