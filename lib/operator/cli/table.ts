/** Tables without borders, so that copied text contains no lines. */
import stringWidth from 'string-width';
import { type Column, fitted } from './table-columns.ts';

const GAP = '  ';

/**
 * Aligns columns, with the titles in capitals.
 *
 * @param columns by position. A text is a column that is never cut or left out
 * @param width of the terminal. Without it, the table has all columns in full. A table that cannot be made narrow enough
 * becomes a list of records
 */
export function table(
  rows: readonly (readonly string[])[],
  columns: readonly (string | Column)[] = [],
  width?: number,
): string {
  const count = Math.max(columns.length, ...rows.map(({ length }) => length));
  const all = Array.from({ length: count }, (_, index) => columnOf(columns[index]));
  const lines = all.some(({ title }) => title !== '')
    ? [all.map(({ title }) => title.toUpperCase()), ...rows]
    : rows;
  if (width === undefined) return aligned(lines);
  const narrow = fitted(lines, all, width - 1);
  return narrow === undefined ? records(rows, all) : aligned(narrow);
}

function columnOf(column: string | Column = ''): Column {
  return typeof column === 'string' ? { title: column } : column;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const count = Math.max(0, ...lines.map(({ length }) => length));
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(...lines.map((cells) => stringWidth(cells[index] ?? ''))),
  );
  return lines
    .map((cells) => cells.map((cell, index) => padded(cell, widths[index] ?? 0)).join(GAP))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** One line per cell, and an empty line between rows. */
function records(rows: readonly (readonly string[])[], columns: readonly Column[]): string {
  const titleWidth = Math.max(...columns.map(({ title }) => stringWidth(title)));
  const record = (cells: readonly string[]) =>
    cells
      .map((cell, index) => `${padded((columns[index]?.title ?? '').toUpperCase(), titleWidth)}${GAP}${cell}`)
      .join('\n');
  return rows.map(record).join('\n\n');
}

/** `padEnd` counts UTF-16 units, and escape sequences too. */
function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

export function indent(text: string, columns = 2): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
}

/** Cuts a text to a length. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
