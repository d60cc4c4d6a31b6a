/** The command `backup`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { NotPossibleError } from '../errors.ts';
import type { Terminal } from './output.ts';
import { withConnection } from './with-connection.ts';

export function addBackupCommand(program: Command, terminal: Terminal): void {
  program
    .command('backup <file>')
    .description('copy all data of a relay on one machine into a file, while it runs')
    .addHelpText(
      'after',
      `
The file contains secrets and personal data, and only you may read it. An older backup is replaced once
the copy is complete; another file is not. To restore it, stop the relay, put the file into its data folder as relay.db,
delete relay.db-wal and relay.db-shm there, and start the relay.`,
    )
    .action((file: string, _options, command: Command) =>
      withConnection(command, terminal, async (connection, output) => {
        if (connection.backup === undefined)
          throw new NotPossibleError(
            `${connection.relay.title} has no file to copy`,
            'AWS backs up the tables of a deployed relay: see docs/deploying.md.',
          );
        const path = resolve(terminal.workingFolder, file);
        await connection.backup(path);
        output.show({ file: path }, (one) => `All data of ${connection.relay.title} is in ${one.file}.`);
      }),
    );
}
