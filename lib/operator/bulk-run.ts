/** A command that changes any number of rows: it can be interrupted, and it reports progress. */
import { awaitAll } from '../relay/model/await-all.ts';

/** Rows to write at the same time. */
const PARALLEL = 10;

export interface BulkRun {
  /** Counts the rows and writes nothing. */
  readonly dryRun?: boolean;
  /** After an abort, the run finishes the rows in progress and returns its counts. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (text: string) => void;
  /** Called after each row. */
  readonly onItem?: () => void;
}

/** Processes the items in order, several at a time. False when the run was interrupted before the last item. */
export async function forEachInBatches<Item>(
  items: readonly Item[],
  { signal, onItem }: BulkRun,
  work: (item: Item) => Promise<void>,
): Promise<boolean> {
  for (let start = 0; start < items.length; start += PARALLEL) {
    if (signal?.aborted) return false;
    await awaitAll(
      items.slice(start, start + PARALLEL).map(async (item) => {
        await work(item);
        onItem?.();
      }),
    );
  }
  return !signal?.aborted;
}
