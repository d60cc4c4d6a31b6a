/** `endpoints rotate-secret` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { newSigningSecret, rotateSecret } from '../endpoints/signing.ts';
import { addGracePeriodOptions, gracePeriodOptionsSchema, readGracePeriod } from './grace-period-options.ts';
import type { Terminal } from './output.ts';
import { showSavedEndpoint } from './saved-endpoint.ts';
import { secretInput } from './secret-input.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const optionsSchema = gracePeriodOptionsSchema.extend({ signingSecret: z.string().exactOptional() });

export function addRotateSecretCommand(endpoints: Command, terminal: Terminal): void {
  const command = endpoints
    .command('rotate-secret <id>')
    .description('sign requests with a new secret, shown once, and for a grace period also with the old one');
  addGracePeriodOptions(command, {
    gracePeriod: 'also sign with the old secret for this long; older ones keep their own time',
    now: 'remove all old secrets at once, for example after a leak',
  })
    .option('--signing-secret <secret>', 'use this secret instead of a generated one')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { signingSecret, ...rest } = checkAttributes(optionsSchema, options);
      const gracePeriodMs = readGracePeriod(rest);
      const given =
        signingSecret === undefined ? undefined : await secretInput(terminal)('signingSecret', signingSecret);
      const secret = given ?? newSigningSecret();
      await withConnection(command, terminal, async (connection, output) => {
        const endpoint = await rotateSecret(connection, id, secret, gracePeriodMs);
        await showSavedEndpoint(
          output,
          endpoint,
          'has a new secret.',
          given === undefined ? secret : undefined,
        );
      });
    });
}
