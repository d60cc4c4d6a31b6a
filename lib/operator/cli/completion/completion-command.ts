/** `completion` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../../attributes.ts';
import type { Terminal } from '../output.ts';
import { completionScript } from './completion-script.ts';
import { completionTree } from './completion-tree.ts';
import { SHELLS } from './shells.ts';

const argumentsSchema = z.object({ shell: z.enum(SHELLS) });

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion <shell>')
    .description('print a script that completes commands and options in bash, zsh or fish')
    .action((given: string) => {
      const { shell } = checkAttributes(argumentsSchema, { shell: given });
      terminal.out(`${completionScript(shell, completionTree(program))}\n`);
    });
}
