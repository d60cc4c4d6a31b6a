/** SQS takes at most ten entries in a batch request. */
const ENTRIES_PER_BATCH = 10;

export function inTens<Item>(items: readonly Item[]): Item[][] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += ENTRIES_PER_BATCH) {
    batches.push(items.slice(start, start + ENTRIES_PER_BATCH));
  }
  return batches;
}
