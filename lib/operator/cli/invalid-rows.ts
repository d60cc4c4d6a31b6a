/** Rows of the Config table that do not parse: named, each with its reason. */
import type { Listed } from '../listing.ts';
import type { Colours } from './output.ts';
import { indent, table } from './table.ts';

/** @param consequence of what becomes of such a row, for the heading: `its address does not work` */
export function invalidRowsText(
  rows: readonly Listed<unknown>[],
  consequence: string,
  { red, bold }: Colours,
): string[] {
  const invalid = rows.flatMap((row) => ('invalid' in row ? [row.invalid] : []));
  if (invalid.length === 0) return [];
  return [
    red(`Until a row that is wrong is mended, ${consequence}:`),
    indent(table(invalid.map(({ id, reason }) => [bold(id), reason]))),
  ];
}
