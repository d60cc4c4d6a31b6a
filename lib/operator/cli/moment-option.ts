/** An option that is a moment in time. */
import { InvalidInputError } from '../errors.ts';
import { parseMoment } from './times.ts';

/** @throws InvalidInputError that names the attribute */
export function readMoment(attribute: string, text: string | undefined, now = new Date()): Date | undefined {
  if (text === undefined) return undefined;
  const moment = parseMoment(text, now);
  if (moment !== undefined) return moment;
  const problem = 'must be so long ago (30m, 2h, 3d) or a time in ISO 8601 (2026-03-01, 2026-03-01T09:30Z)';
  throw new InvalidInputError([{ attribute, problem }]);
}
