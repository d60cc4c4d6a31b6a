/** Compares secrets in constant time, whatever their lengths. */
import { createHash, timingSafeEqual } from 'node:crypto';

export function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
