/** Collects what an iteration yields: many keys are read in one request. */

/** The last batch may be smaller. Nothing is read ahead: the iteration stands still while the caller uses a batch. */
export async function* inBatches<Item>(
  items: AsyncIterable<Item>,
  batchSize: number,
): AsyncGenerator<readonly Item[], void, undefined> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
