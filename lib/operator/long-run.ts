/** Commands that work through any number of rows: how they are watched, and how they end early. */
import { settleAll } from '../relay/model/settle-all.ts';

/** Rows that are written at the same time. */
const PARALLEL = 10;

export interface Run {
  /** Counts, and changes nothing. */
  readonly dryRun?: boolean;
  /** Once aborted, the run ends after what it has in hand, and gives what it has counted by then. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (text: string) => void;
}

/** Does the work for every item, several at a time, in their order; false when the run was ended before the last. */
export async function workThrough<Item>(
  items: readonly Item[],
  { signal }: Run,
  work: (item: Item) => Promise<void>,
): Promise<boolean> {
  for (let start = 0; start < items.length; start += PARALLEL) {
    if (signal?.aborted) return false;
    await settleAll(items.slice(start, start + PARALLEL).map(work));
  }
  return !signal?.aborted;
}
