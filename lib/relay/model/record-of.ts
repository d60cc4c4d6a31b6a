/** Objects with keys that people type. */

/**
 * An object without a prototype. A plain object has keys that nobody gave it, such as `constructor`, and an assignment to
 * `__proto__` adds none.
 */
export function recordOf<Key extends string, Value>(
  entries: Iterable<readonly [Key, Value]>,
): Readonly<Record<Key, Value>> {
  const record: Record<Key, Value> = Object.create(null);
  for (const [key, value] of entries) record[key] = value;
  return record;
}
