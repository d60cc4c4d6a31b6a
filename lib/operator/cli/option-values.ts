/** Parsers for option values. */
import { InvalidInputError } from '../errors.ts';
import { parseMoment } from './times.ts';

/** Collects the values of an option that can be repeated. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Collects ids that are separated by commas, or given by repeating the option. */
export function repeatedIds(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').map((id) => id.trim())];
}

/** @throws InvalidInputError that names the attribute */
export function readMoment(attribute: string, text: string | undefined, now = new Date()): Date | undefined {
  if (text === undefined) return undefined;
  const moment = parseMoment(text, now);
  if (moment !== undefined) return moment;
  const problem =
    'must be a duration before now (30m, 2h, 3d) or a time in ISO 8601 (2026-03-01, 2026-03-01T09:30Z) or as printed (13:04:05, "Mar  1 13:04:05")';
  throw new InvalidInputError([{ attribute, problem }]);
}
