/** Asks before a command that cannot be undone. */
import type { Command } from 'commander';
import { printableText } from '../../relay/model/printable.ts';
import { DeclinedError, InvalidInputError } from '../errors.ts';
import type { Terminal } from './output.ts';

export function addYesOption(command: Command): Command {
  return command.option('--yes', 'do not ask first; required without a terminal');
}

/**
 * Returns after a yes.
 *
 * @param question without its question mark: `Remove the endpoint erp`
 * @throws DeclinedError after any other answer
 * @throws InvalidInputError without a terminal and without --yes
 */
export async function confirm(question: string, isSure: boolean, { ask }: Terminal): Promise<void> {
  if (isSure) return;
  if (ask === undefined) {
    const problem = `is required where nobody can be asked: ${question}`;
    throw new InvalidInputError([{ attribute: 'yes', problem }]);
  }
  const answer = await ask(`${printableText(question)}? [y/N] `);
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new DeclinedError();
}
