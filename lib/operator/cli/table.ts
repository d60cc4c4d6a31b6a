/** Tables without borders, so that copied text contains no lines. */
import Table from 'cli-table3';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Aligns columns, with the head in capitals. Cells are not wrapped or cut, so the longest column should be last. */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const lines = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  if (head !== undefined) lines.push(head.map((title) => title.toUpperCase()));
  lines.push(...rows.map((row) => [...row]));
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export function indent(text: string, columns = 2): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
}

/** Cuts a text to a length. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
