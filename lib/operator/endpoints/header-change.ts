/** Changes some of an endpoint's headers and leaves the others, whose values nobody may see any more. */
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import type { GivenAttributes } from './endpoints.ts';

export interface HeaderChange {
  /** Values by name; what is there under the same name, in any case, goes. */
  readonly set: Readonly<Record<string, string>>;
  /** Names, in any case. */
  readonly remove: readonly string[];
}

const presentSchema = z.record(z.string(), z.unknown()).catch({});

/**
 * The attribute `headers` after a change of those that a row has now; nothing when nothing is changed.
 *
 * @throws InvalidInputError when there is no header to remove
 */
export function changedHeaders(present: GivenAttributes, { set, remove }: HeaderChange): GivenAttributes {
  const named = [...Object.keys(set), ...remove].map(lower);
  if (named.length === 0) return {};
  const headers = Object.entries(presentSchema.parse(present.headers));
  const missing = remove.filter((name) => !headers.some(([one]) => lower(one) === lower(name)));
  if (missing.length > 0) {
    const problem = `has no ${missing.join(', ')} to unset`;
    throw new InvalidInputError([{ attribute: 'headers', problem }]);
  }
  const kept = headers.filter(([name]) => !named.includes(lower(name)));
  const changed = { ...Object.fromEntries(kept), ...set };
  return { headers: Object.keys(changed).length === 0 ? null : changed };
}

function lower(name: string): string {
  return name.toLowerCase();
}
