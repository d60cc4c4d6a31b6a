/** Changes some of an endpoint's headers. The others stay, because the CLI never shows their values again. */
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import type { GivenAttributes } from './endpoints.ts';

export interface HeaderChange {
  /** Values by name. A header with the same name in any case is replaced. */
  readonly set: Readonly<Record<string, string>>;
  /** Names, in any upper or lower case. */
  readonly remove: readonly string[];
}

const presentSchema = z.record(z.string(), z.unknown()).catch({});

/**
 * Computes the attribute `headers` after a change. Empty when there is no change.
 *
 * @throws InvalidInputError when a header to remove does not exist
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
