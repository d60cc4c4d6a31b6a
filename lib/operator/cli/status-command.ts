/** `status` */
import type { Command } from 'commander';
import { relayStatus } from '../status/relay-status.ts';
import type { Terminal } from './output.ts';
import { statusText } from './status-text.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

export function addStatusCommand(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description(
      'show whether webhooks arrive, whether each endpoint gets its updates, and what needs attention',
    )
    .action(async (_options: GivenOptions, command: Command) => {
      await withConnection(command, terminal, async (connection, output) => {
        const status = await relayStatus(connection);
        output.show(status, (one) => statusText(one, connection.relay.title, output.colours));
      });
    });
}
