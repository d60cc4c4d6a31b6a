/** DynamoDB's update expressions, from the attributes that are to change. */
import { toAttribute } from './row.ts';

export interface Update {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Sets the attributes given, and removes those that are null. Every attribute goes by a placeholder, `#name`, for
 * some of their names are reserved words; its value by `:name`. One with a name that makes no placeholder, as people
 * may give them in the DynamoDB console, goes by its number.
 */
export function updateOf(change: Readonly<Record<string, unknown>>): Update {
  const names = Object.keys(change).map((name, index) => (/^[a-z]\w*$/i.test(name) ? name : `_${index}`));
  const entries = Object.values(change)
    .map((value, index) => [names[index], value] as const)
    .filter(([, value]) => value !== undefined);
  const set = entries.filter(([, value]) => value !== null);
  const removed = entries.filter(([, value]) => value === null);
  const clauses = [
    set.length > 0 && `SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    removed.length > 0 && `REMOVE ${removed.map(([name]) => `#${name}`).join(', ')}`,
  ];
  return {
    expression: clauses.filter(Boolean).join(' '),
    names: Object.fromEntries(
      Object.entries(change).flatMap(([name, value], index) =>
        value === undefined ? [] : [[`#${names[index]}`, name]],
      ),
    ),
    values: Object.fromEntries(set.map(([name, value]) => [`:${name}`, toAttribute(value)])),
  };
}
