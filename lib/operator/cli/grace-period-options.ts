/** `--grace-period` and `--now`: how long the old secret or address stays valid after a rotation. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import { parseDuration } from './times.ts';

/** Longer grace periods are usually forgotten rotations. */
const LONGEST_MS = 30 * 24 * 60 * 60_000;

export const gracePeriodOptionsSchema = z.object({
  gracePeriod: z.string().default('1d'),
  now: z.boolean().default(false),
});

/**
 * @param gracePeriod the help text of `--grace-period`
 * @param now the help text of `--now`
 */
export function addGracePeriodOptions(
  command: Command,
  describe: { gracePeriod: string; now: string },
): Command {
  return command
    .addOption(
      new Option(
        '--grace-period <duration>',
        `${describe.gracePeriod}: 30m, 12h, 3d (default: 1d)`,
      ).conflicts('now'),
    )
    .option('--now', describe.now);
}

/**
 * In milliseconds; 0 without a grace period.
 *
 * @throws InvalidInputError
 */
export function readGracePeriod({ gracePeriod, now }: z.output<typeof gracePeriodOptionsSchema>): number {
  if (now) return 0;
  const durationMs = parseDuration(gracePeriod);
  if (durationMs !== undefined && durationMs > 0 && durationMs <= LONGEST_MS) return durationMs;
  const problem = 'must be a duration such as 30m, 12h or 3d, at most 30d; use --now for none';
  throw new InvalidInputError([{ attribute: 'gracePeriod', problem }]);
}
