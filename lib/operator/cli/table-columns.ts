/** Makes a table narrow enough for a terminal: it cuts texts, and then leaves out columns. Ids are never cut. */
import stringWidth from 'string-width';

export interface Column {
  readonly title: string;
  /** Cells may be cut to this width. Without it, they are never cut. */
  readonly cutTo?: number;
  /** In a narrow terminal, a column is shown only if it fits beside those with a lower number. Without it, it stays. */
  readonly leaveOut?: number;
}

type Lines = readonly (readonly string[])[];

const GAP_WIDTH = 2;

/** Undefined when the table is too wide even without each column that may be left out. */
export function fitted(lines: Lines, columns: readonly Column[], width: number): string[][] | undefined {
  const all = columns.map((column, index) => ({
    ...column,
    index,
    width: Math.max(0, ...lines.map((cells) => stringWidth(cells[index] ?? ''))),
  }));
  const optional = all
    .filter(({ leaveOut }) => leaveOut !== undefined)
    .toSorted((one, other) => (one.leaveOut ?? 0) - (other.leaveOut ?? 0));
  const kept = all.filter(({ leaveOut }) => leaveOut === undefined);
  for (const column of optional) if (shrunk([...kept, column], width) !== undefined) kept.push(column);
  kept.sort((one, other) => one.index - other.index);
  const widths = shrunk(kept, width);
  if (widths === undefined) return undefined;
  return lines.map((cells) => kept.map(({ index }, at) => cut(cells[index] ?? '', widths[at] ?? 0)));
}

interface MeasuredColumn extends Column {
  readonly index: number;
  readonly width: number;
}

/** The columns' widths, with the widest cells cut first; undefined when the columns do not fit. */
function shrunk(columns: readonly MeasuredColumn[], width: number): number[] | undefined {
  const widths = columns.map((column) => column.width);
  const gaps = Math.max(0, columns.length - 1) * GAP_WIDTH;
  for (let excess = sum(widths) + gaps - width; excess > 0; excess--) {
    const widest = columns
      .flatMap(({ cutTo = Number.POSITIVE_INFINITY }, at) => ((widths[at] ?? 0) > cutTo ? [at] : []))
      .toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

const ESCAPE = '\u001b';
/** Sequences that set a colour (ECMA-48: SGR). */
const COLOUR = new RegExp(String.raw`(${ESCAPE}\[[\d;]*m)`);

/** Cuts a text to a width and keeps its colours. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let room = width - 1;
  let isCut = false;
  return text
    .split(COLOUR)
    .map((part) => {
      if (part.startsWith(ESCAPE)) return part;
      if (isCut) return '';
      const kept = startOf(part, room);
      room -= stringWidth(kept);
      isCut = kept !== part;
      return isCut ? `${kept.trimEnd()}…` : kept;
    })
    .join('');
}

function startOf(text: string, width: number): string {
  let start = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(start + segment) > width) return start;
    start += segment;
  }
  return start;
}
