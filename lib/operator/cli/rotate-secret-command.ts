/** `endpoints rotate-secret` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { newSigningSecret, rotateSecret } from '../endpoints/signing.ts';
import { addKeepOldOptions, keepOldOptionsSchema, readKeepOld } from './keep-old-options.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Terminal } from './output.ts';
import { secretInput } from './secret-input.ts';
import { showChanged } from './show-changed.ts';

const optionsSchema = keepOldOptionsSchema.extend({ signingSecret: z.string().exactOptional() });

export function addRotateSecretCommand(endpoints: Command, terminal: Terminal): void {
  const command = endpoints
    .command('rotate-secret <id>')
    .description('sign with a new secret, which is shown once, and for a while with the old one, too');
  addKeepOldOptions(command, {
    keepOld: 'how long to sign with the old one, too',
    now: 'not with the old one any more: it has become known',
  })
    .option('--signing-secret <secret>', 'one that there is already, instead of a new one')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { signingSecret, ...rest } = checkAttributes(optionsSchema, options);
      const keepOldMs = readKeepOld(rest);
      const given =
        signingSecret === undefined
          ? undefined
          : await secretInput(terminal)('signingSecrets', signingSecret);
      const secret = given ?? newSigningSecret();
      await onRelay(command, terminal, async (connection, output) => {
        const endpoint = await rotateSecret(connection, id, secret, keepOldMs);
        await showChanged(output, endpoint, 'has a new secret.', given === undefined ? secret : undefined);
      });
    });
}
