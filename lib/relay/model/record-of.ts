/** Objects with keys that people type. */

/**
 * An object that inherits no keys. A plain object has keys that nobody gave it, such as `constructor`, and an assignment to
 * `__proto__` adds none.
 */
export function recordOf<Key extends string, Value>(
  entries: Iterable<readonly [Key, Value]>,
): Readonly<Record<Key, Value>> {
  const record = new Bare() as Record<Key, Value>;
  for (const [key, value] of entries) record[key] = value;
  return record;
}

/** V8 makes the objects of a constructor fast. One of `Object.create(null)` is a hash table: larger, and slower to write as JSON. */
const Bare = function Bare() {} as unknown as new () => object;
Bare.prototype = Object.create(null);
