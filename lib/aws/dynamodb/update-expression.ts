/** Builds DynamoDB's update expressions. */
import { toAttribute } from '../../relay/rows/attributes.ts';

export interface Update {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Sets the given attributes, and removes those that are null. Placeholders (`#name`, `:name`) stand for all names and
 * values, because some names are reserved words. An attribute whose name is not valid in a placeholder, as people may
 * create in the DynamoDB console, gets a numbered one.
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
