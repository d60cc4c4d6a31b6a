/** `--keep-old` and `--now`, for what is rotated: how long the old one is good beside the new one. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import { parseDuration } from './times.ts';

/** Whoever needs longer to change over has forgotten to. */
const LONGEST_MS = 30 * 24 * 60 * 60_000;

export const keepOldOptionsSchema = z.object({
  keepOld: z.string().default('1d'),
  now: z.boolean().default(false),
});

/**
 * @param keepOld what is kept, and for how long
 * @param now why it would not be
 */
export function addKeepOldOptions(command: Command, describe: { keepOld: string; now: string }): Command {
  return command
    .addOption(
      new Option('--keep-old <duration>', `${describe.keepOld}: 30m, 12h, 3d; 1d unless given`).conflicts(
        'now',
      ),
    )
    .option('--now', describe.now);
}

/**
 * In milliseconds; 0 for not at all.
 *
 * @throws InvalidInputError
 */
export function readKeepOld({ keepOld, now }: z.output<typeof keepOldOptionsSchema>): number {
  if (now) return 0;
  const durationMs = parseDuration(keepOld);
  if (durationMs !== undefined && durationMs > 0 && durationMs <= LONGEST_MS) return durationMs;
  const problem = 'must be a time span such as 30m, 12h or 3d, at most 30d; --now keeps nothing';
  throw new InvalidInputError([{ attribute: 'keepOld', problem }]);
}
