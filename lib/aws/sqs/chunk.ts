import { SQS } from '../../contract/service-limits.ts';

export function inTens<Item>(items: readonly Item[]): Item[][] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += SQS.batchSize) {
    batches.push(items.slice(start, start + SQS.batchSize));
  }
  return batches;
}
