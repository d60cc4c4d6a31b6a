/** `endpoints rotate-secret` */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InvalidInputError } from '../errors.ts';
import { newSigningSecret, rotateSecret } from '../signing.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Terminal } from './output.ts';
import { secretInput } from './secret-input.ts';
import { showChanged } from './show-changed.ts';
import { parseDuration } from './times.ts';

const optionsSchema = z.object({
  keepOld: z.string().default('24h'),
  now: z.boolean().default(false),
  signingSecret: z.string().exactOptional(),
});

export function addRotateSecretCommand(endpoints: Command, terminal: Terminal): void {
  endpoints
    .command('rotate-secret <id>')
    .description('sign with a new secret, which is shown once, and for a while with the old one, too')
    .addOption(
      new Option('--keep-old <duration>', 'for how long: 90s, 30m, 24h, 7d; 24h unless given').conflicts(
        'now',
      ),
    )
    .option('--now', 'not with the old one any more: it has become known')
    .option('--signing-secret <secret>', 'one that there is already, instead of a new one')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { keepOld, now, signingSecret } = checkAttributes(optionsSchema, options);
      const keepOldMs = now ? 0 : parseDuration(keepOld);
      if (keepOldMs === undefined) {
        const problem = 'must be a number and its unit: 90s, 30m, 24h, 7d';
        throw new InvalidInputError([{ attribute: 'keepOld', problem }]);
      }
      const given =
        signingSecret === undefined
          ? undefined
          : await secretInput(terminal)('signingSecrets', signingSecret);
      const secret = given ?? newSigningSecret();
      await onRelay(command, terminal, async (connection, output) => {
        const endpoint = await rotateSecret(connection, id, secret, keepOldMs);
        showChanged(output, endpoint, 'has a new secret.', given === undefined ? secret : undefined);
      });
    });
}
