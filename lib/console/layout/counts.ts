/** Counts for people. */
import type { BoundedCount } from '../../operator/deliveries/delivery-counts.ts';

/** `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1,000 or more` when counting stopped at a limit. */
export function boundedText({ count, isMore }: BoundedCount): string {
  return isMore ? `${grouped(count)} or more` : grouped(count);
}

/** `1 delivery`, `3 deliveries`. */
export function counted(count: number | BoundedCount, one: string, many = `${one}s`): string {
  const bounded = typeof count === 'number' ? { count, isMore: false } : count;
  return `${boundedText(bounded)} ${bounded.count === 1 && !bounded.isMore ? one : many}`;
}
