/** `dlq …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { QUEUE_NAMES } from '../connection.ts';
import {
  type DeadLetterResult,
  type DeadLetterSelection,
  dropDeadLetters,
  listDeadLetters,
  redriveDeadLetters,
} from '../dlq/dead-letters.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { addYesOption, confirm } from './confirmation.ts';
import { deadLetterListJson, deadLetterListText, deadLetterResultText } from './dlq-text.ts';
import type { Output, Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const queue = z.enum(QUEUE_NAMES).exactOptional();
const flag = z.boolean().default(false);

const listOptionsSchema = z.object({
  queue,
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(50),
});
const workOptionsSchema = z.object({ queue, messageId: z.string().exactOptional(), all: flag });
const dropOptionsSchema = workOptionsSchema.extend({ includeFullEvents: flag, yes: flag });

const QUEUE = 'select one queue: events or deliveries (default: both)';

export function addDlqCommands(program: Command, terminal: Terminal): void {
  const dlq = program
    .command('dlq')
    .helpCommand(false)
    .description('list, redrive and delete messages in the dead-letter queues');

  dlq
    .command('list')
    .description('list the messages that no receiver holds; they stay in the queue')
    .option('--queue <name>', QUEUE)
    .option('--limit <number>', 'list at most this many, 1 to 1000 (default: 50)')
    .action(async (options: GivenOptions, command: Command) => {
      const { limit, ...given } = checkAttributes(listOptionsSchema, options);
      await withConnection(command, terminal, async (connection, output) => {
        const list = await listDeadLetters(connection, queuesOf(given), limit);
        output.show(list, (one) => deadLetterListText(one, output.screen), deadLetterListJson);
      });
    });

  dlq
    .command('redrive')
    .description('send messages to their main queue again')
    .option('--queue <name>', QUEUE)
    .option('--message-id <id>', 'select one message')
    .option('--all', 'select all messages', false)
    .action(async (options: GivenOptions, command: Command) => {
      const selection = selectionOf(checkAttributes(workOptionsSchema, options));
      await withConnection(command, terminal, async (connection, output) => {
        const work = () =>
          withProgress(terminal, {}, (run) => redriveDeadLetters(connection, selection, run));
        showResult(output, await work(), 'redriven');
        output.hint('A message that the relay cannot process returns to the dead-letter queue.');
      });
    });

  addYesOption(
    dlq
      .command('drop')
      .description('delete messages; rows stay, so sweep enqueues their deliveries again')
      .option('--queue <name>', QUEUE)
      .option('--message-id <id>', 'select one message')
      .option('--all', 'select all messages', false)
      .option('--include-full-events', 'also delete messages that contain the only copy of an event'),
  ).action(async (options: GivenOptions, command: Command) => {
    const { includeFullEvents, yes, ...given } = checkAttributes(dropOptionsSchema, options);
    const selection = { ...selectionOf(given), includeFullEvents };
    await withConnection(command, terminal, async (connection, output) => {
      await confirm(dropQuestion(given), yes, terminal);
      const work = () => withProgress(terminal, {}, (run) => dropDeadLetters(connection, selection, run));
      showResult(output, await work(), 'deleted');
    });
  });
}

type Given = z.output<typeof workOptionsSchema>;

function dropQuestion({ queue, messageId }: Given): string {
  if (messageId !== undefined) return `Delete the message ${messageId}`;
  return `Delete all messages in the dead-letter ${queue === undefined ? 'queues' : `queue of ${queue}`}`;
}

/** @throws InvalidInputError unless a message or --all is given: no command works on all messages unasked */
function selectionOf({ queue, messageId, all }: Given): DeadLetterSelection {
  if (messageId === undefined && !all) {
    throw new InvalidInputError([{ attribute: 'messageId', problem: 'or --all is required' }]);
  }
  if (messageId !== undefined && all) {
    throw new InvalidInputError([{ attribute: 'all', problem: 'cannot be combined with --message-id' }]);
  }
  return { queues: queuesOf({ ...(queue !== undefined && { queue }) }), messageId };
}

function queuesOf({ queue }: Pick<Given, 'queue'>) {
  return queue === undefined ? QUEUE_NAMES : [queue];
}

function showResult(output: Output, result: DeadLetterResult, action: string): void {
  output.show(result, (one) => deadLetterResultText(one, action));
  if (result.interrupted)
    throw new InterruptedError(
      'the command was interrupted',
      'The counts above are done. Run the command again for the rest.',
    );
}
