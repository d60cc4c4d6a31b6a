/** Reads from commander's own tree the data that a shell needs to complete the CLI's commands. */
import type { Command, Option } from 'commander';
import { SHOWN_STATES } from '../../../relay/model/delivery-state.ts';
import { QUEUE_NAMES } from '../../connection.ts';
import { OWED_STATES } from '../../deliveries/owed-work.ts';
import { PRESET_NAMES } from '../../endpoints/presets.ts';
import { SHELLS } from './shells.ts';

export interface CompletedCommand {
  /** `endpoints list`; empty for the program itself. */
  readonly path: string;
  readonly subcommands: readonly Described[];
  readonly options: readonly CompletedOption[];
  /** The values of its argument, when there are only a few. */
  readonly choices: readonly string[];
}

interface Described {
  readonly name: string;
  readonly description: string;
}

export interface CompletedOption extends Described {
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** By the command's path, and the option or `argument`. */
const CHOICES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    'deliveries list --state': OWED_STATES,
    'deliveries retry --state': OWED_STATES,
    'endpoints history --state': SHOWN_STATES,
    'dlq list --queue': QUEUE_NAMES,
    'dlq redrive --queue': QUEUE_NAMES,
    'dlq drop --queue': QUEUE_NAMES,
    'endpoints add --ordering': ['latest', 'strict', 'none'],
    'endpoints set --ordering': ['latest', 'strict', 'none'],
    'endpoints add --order-id': ['append', 'none'],
    'endpoints set --order-id': ['append', 'none'],
    'endpoints add --preset': PRESET_NAMES,
    'endpoints set --preset': PRESET_NAMES,
    'endpoints preview --preset': PRESET_NAMES,
    'endpoints presets argument': PRESET_NAMES,
    'completion argument': SHELLS,
  }),
);

/** The program first, then each command with its subcommands. */
export function completionTree(program: Command): CompletedCommand[] {
  return commandsBelow(program, '', program);
}

function commandsBelow(command: Command, path: string, program: Command): CompletedCommand[] {
  const subcommands = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
  const options = command === program ? program.options : [...command.options, ...program.options];
  return [
    {
      path,
      subcommands: subcommands.map((one) => ({ name: one.name(), description: one.description() })),
      options: [
        ...options.filter(({ hidden }) => !hidden).map((option) => completedOption(option, path)),
        { name: '--help', description: 'display help for command', takesValue: false, choices: [] },
      ],
      choices: CHOICES.get(`${path} argument`) ?? [],
    },
    ...subcommands.flatMap((one) => commandsBelow(one, `${path} ${one.name()}`.trim(), program)),
  ];
}

function completedOption(
  { long, short, required, optional, description }: Option,
  path: string,
): CompletedOption {
  const name = long ?? short ?? '';
  return {
    name,
    description,
    takesValue: required || optional,
    choices: CHOICES.get(`${path} ${name}`) ?? [],
  };
}
