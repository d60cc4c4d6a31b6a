/** Makes a table narrow enough for a terminal: it cuts texts, and then leaves out columns. Ids are never cut. */
import stringWidth from 'string-width';

export interface Column {
  readonly title: string;
  /** Cells may be cut to this width. Without it, they are never cut. */
  readonly cutTo?: number;
  /** In a narrow terminal, the column with the highest number is left out first. Without it, the column stays. */
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
  for (let kept = all; ; kept = without(kept, last(kept))) {
    const widths = shrunk(kept, width);
    if (widths !== undefined)
      return lines.map((cells) => kept.map(({ index }, at) => cut(cells[index] ?? '', widths[at] ?? 0)));
    if (last(kept) === undefined) return undefined;
  }
}

interface MeasuredColumn extends Column {
  readonly index: number;
  readonly width: number;
}

function last(columns: readonly MeasuredColumn[]): MeasuredColumn | undefined {
  return columns
    .filter(({ leaveOut }) => leaveOut !== undefined)
    .toSorted((a, b) => (b.leaveOut ?? 0) - (a.leaveOut ?? 0))[0];
}

function without(columns: readonly MeasuredColumn[], column: MeasuredColumn | undefined): MeasuredColumn[] {
  return columns.filter((one) => one !== column);
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
