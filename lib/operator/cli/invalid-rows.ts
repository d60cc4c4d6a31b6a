/** Invalid rows of the Config table, with the reasons. */
import type { ListedRow } from '../config-rows.ts';
import type { Colours } from './output.ts';
import { indent, table } from './table.ts';

/** @param consequence the effect of an invalid row, for the heading: `its address does not work` */
export function invalidRowsText(
  rows: readonly ListedRow<unknown>[],
  consequence: string,
  { red, bold }: Colours,
): string[] {
  const invalid = rows.flatMap((row) => ('invalid' in row ? [row.invalid] : []));
  if (invalid.length === 0) return [];
  return [
    red(`Invalid rows. Until they are fixed, ${consequence}:`),
    indent(table(invalid.map(({ id, reason }) => [bold(id), reason]))),
  ];
}
