/** A figure that a scenario measures, and its bound. */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly bound: number;
  readonly is: 'at most' | 'at least';
  readonly unit: 's' | '';
}

/** Measured in milliseconds, shown in seconds. */
export function within(what: string, measuredMs: number, boundMs: number): Figure {
  return { what, measured: measuredMs / 1000, bound: boundMs / 1000, is: 'at most', unit: 's' };
}

export function atMost(what: string, measured: number, bound: number): Figure {
  return { what, measured, bound, is: 'at most', unit: '' };
}

export function atLeast(what: string, measured: number, bound: number): Figure {
  return { what, measured, bound, is: 'at least', unit: '' };
}

export function holds({ measured, bound, is }: Figure): boolean {
  return is === 'at most' ? measured <= bound : measured >= bound;
}

export function describeFigure(figure: Figure): string {
  const { what, bound, is } = figure;
  return `${what}: ${shown(figure, figure.measured)}, must be ${is} ${shown(figure, bound)}`;
}

/** A number as people read it: `4.2 s`, `12 min 30 s`, `never`. */
export function shown({ unit }: Pick<Figure, 'unit'>, value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'never';
  if (unit === '') return String(Math.round(value * 100) / 100);
  if (value < 120) return `${Math.round(value * 10) / 10} s`;
  const seconds = Math.round(value);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const parts = [`${hours} h`, `${minutes} min`, `${seconds % 60} s`].filter(
    (part) => !part.startsWith('0 '),
  );
  return parts.slice(0, 2).join(' ');
}

/** The value below which the given part of all values lies; 0 for no values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
