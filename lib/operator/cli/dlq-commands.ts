/** `dlq …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { QUEUE_NAMES } from '../connection.ts';
import {
  dropDeadLetters,
  type LetterResult,
  type LetterSelection,
  listDeadLetters,
  redriveDeadLetters,
} from '../dlq/dead-letters.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { letterListText, letterResultText } from './dlq-text.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Output, Terminal } from './output.ts';
import { watched } from './watched.ts';

const queue = z.enum(QUEUE_NAMES).exactOptional();
const flag = z.boolean().default(false);

const listOptionsSchema = z.object({
  queue,
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(50),
});
const workOptionsSchema = z.object({ queue, messageId: z.string().exactOptional(), all: flag });
const dropOptionsSchema = workOptionsSchema.extend({ includeFullEvents: flag });

const QUEUE = 'only events or only deliveries; both unless given';

export function addDlqCommands(program: Command, terminal: Terminal): void {
  const dlq = program
    .command('dlq')
    .helpCommand(false)
    .description(
      'the dead-letter queues: messages that the relay could not read, or failed on again and again',
    );

  dlq
    .command('list')
    .description('list the messages, as far as they can be had; they stay where they are')
    .option('--queue <name>', QUEUE)
    .option('--limit <number>', 'how many, 1 to 1000; 50 unless given')
    .action(async (options: GivenOptions, command: Command) => {
      const { limit, ...given } = checkAttributes(listOptionsSchema, options);
      await onRelay(command, terminal, async (connection, output) => {
        const list = await listDeadLetters(connection, queuesOf(given), limit);
        output.show(list, (one) => letterListText(one, output.colours));
      });
    });

  dlq
    .command('redrive')
    .description('send messages back to the queue that they come from')
    .option('--queue <name>', QUEUE)
    .option('--message-id <id>', 'only this one')
    .option('--all', 'all that there are', false)
    .action(async (options: GivenOptions, command: Command) => {
      const selection = selectionOf(checkAttributes(workOptionsSchema, options));
      await onRelay(command, terminal, async (connection, output) => {
        const work = () => watched(terminal, {}, (run) => redriveDeadLetters(connection, selection, run));
        showResult(output, await work(), 'on the way again');
        output.hint('What the relay cannot read comes back here.');
      });
    });

  dlq
    .command('drop')
    .description('delete messages; what they were to wake stays in the tables, and is done all the same')
    .option('--queue <name>', QUEUE)
    .option('--message-id <id>', 'only this one')
    .option('--all', 'all that there are', false)
    .option('--include-full-events', 'those, too, that hold an event which is nowhere else')
    .action(async (options: GivenOptions, command: Command) => {
      const { includeFullEvents, ...given } = checkAttributes(dropOptionsSchema, options);
      const selection = { ...selectionOf(given), includeFullEvents };
      await onRelay(command, terminal, async (connection, output) => {
        const work = () => watched(terminal, {}, (run) => dropDeadLetters(connection, selection, run));
        showResult(output, await work(), 'deleted');
      });
    });
}

type Given = z.output<typeof workOptionsSchema>;

/** @throws InvalidInputError unless it is said which ones: nobody is asked whether they are sure */
function selectionOf({ queue, messageId, all }: Given): LetterSelection {
  if (messageId === undefined && !all) {
    throw new InvalidInputError([{ attribute: 'messageId', problem: 'is missing, or --all' }]);
  }
  if (messageId !== undefined && all) {
    throw new InvalidInputError([{ attribute: 'all', problem: 'does not go with --message-id' }]);
  }
  return { queues: queuesOf({ ...(queue !== undefined && { queue }) }), messageId };
}

function queuesOf({ queue }: Pick<Given, 'queue'>) {
  return queue === undefined ? QUEUE_NAMES : [queue];
}

function showResult(output: Output, result: LetterResult, deed: string): void {
  output.show(result, (one) => letterResultText(one, deed));
  if (result.interrupted)
    throw new InterruptedError(
      'it was interrupted',
      'What is counted above is done; the same command does the rest.',
    );
}
