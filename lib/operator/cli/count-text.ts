/** Counts of deliveries as text. */
import type { BoundedCount, DeliveryCounts } from '../deliveries/delivery-counts.ts';

/** `3`, or `1,000+` when counting stopped there. */
export function countText({ count, isMore }: BoundedCount): string {
  return `${count.toLocaleString('en')}${isMore ? '+' : ''}`;
}

/** `3 are waiting, 1 is dead`; undefined when there are none. */
export function countsText({ pending, dead, cancelled }: DeliveryCounts): string | undefined {
  const parts = [
    stateCountText(pending, 'waiting'),
    stateCountText(dead, 'dead'),
    stateCountText(cancelled, 'cancelled'),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** `3 are waiting`; undefined for none. */
export function stateCountText(count: BoundedCount, state: string): string | undefined {
  if (count.count === 0 && !count.isMore) return undefined;
  return `${countText(count)} ${count.count === 1 && !count.isMore ? 'is' : 'are'} ${state}`;
}
