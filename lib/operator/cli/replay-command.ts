/** `replay` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { checkEventId } from '../events/event-key.ts';
import { ReplayFailedError, type ReplayQuery, type ReplayResult, replayEvents } from '../replay/replays.ts';
import { readMoment } from './option-values.ts';
import { BY_ORDER_ID } from './order-text.ts';
import type { Output, Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { replayHints, replayJson, replayText } from './replay-text.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();
const flag = z.boolean().default(false);

const optionsSchema = z.object({
  event: text,
  order: text,
  source: text,
  byOrderId: flag,
  endpoint: text,
  since: text,
  includeDelivered: flag,
  includeSkipped: flag,
  dryRun: flag,
  resume: text,
});

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('resend events that endpoints did not receive: one event, an order, or all since a time')
    .option(
      '--event <id>',
      'replay this event, to all endpoints that are subscribed to its source unless --endpoint is given',
    )
    .option('--order <id>', 'replay the events of this order, by either of its ids')
    .option('--source <id>', 'give the source of the order; requires --order')
    .option('--by-order-id', BY_ORDER_ID)
    .option('--endpoint <id>', 'replay to this endpoint only')
    .option(
      '--since <moment>',
      'replay all events since then: 2h or 3d ago, or a time such as 2026-03-01T09:30; requires --endpoint',
    )
    .option('--include-delivered', 'also replay events that the endpoint received')
    .option('--include-skipped', 'also evaluate the filter again for skipped events')
    .option('--dry-run', 'count the deliveries and change nothing')
    .option('--resume <moment>', 'continue an interrupted replay that started at this time')
    .action(async (options: GivenOptions, command: Command) => {
      const { dryRun, ...given } = checkAttributes(optionsSchema, options);
      const query = readQuery(given, command);
      await withConnection(command, terminal, async (connection, output) => {
        const work = () => withProgress(terminal, { dryRun }, (run) => replayEvents(connection, query, run));
        const { result, cause } = await resultOrPartialResult(work);
        show(output, result, dryRun);
        if (!result.interrupted) return;
        throw new InterruptedError('the replay was interrupted', resumeHint(query, result), { cause });
      });
    });
}

type Given = Omit<z.output<typeof optionsSchema>, 'dryRun'>;

/** Fails unless the options select one event, one order, or one endpoint and a time */
function readQuery(given: Given, command: Command): ReplayQuery {
  const { event, order, source, byOrderId, endpoint, since, includeDelivered, includeSkipped, resume } =
    given;
  const rules = { includeDelivered, includeSkipped, resume: readMoment('resume', resume) };
  const refuse = (attribute: string, problem: string) => new InvalidInputError([{ attribute, problem }]);
  if (event !== undefined && order !== undefined) throw refuse('order', 'cannot be combined with --event');
  if (source !== undefined && order === undefined) throw refuse('source', 'requires --order');
  if (byOrderId && order === undefined) throw refuse('byOrderId', 'requires --order');
  const isOne = event !== undefined || order !== undefined;
  if (since !== undefined && isOne) throw refuse('since', 'cannot be combined with --event or --order');
  if (event !== undefined) return { ...rules, eventId: checkEventId(event, 'event'), endpointId: endpoint };
  if (order !== undefined) return { ...rules, order: { id: order, source, byOrderId }, endpointId: endpoint };
  if (endpoint === undefined) command.error('give --event, --order, or both --endpoint and --since');
  const moment = readMoment('since', since);
  if (moment === undefined) throw refuse('since', 'is required with --endpoint');
  return { ...rules, endpointId: endpoint, since: moment };
}

async function resultOrPartialResult(
  work: () => Promise<ReplayResult>,
): Promise<{ result: ReplayResult; cause?: unknown }> {
  try {
    return { result: await work() };
  } catch (error) {
    if (error instanceof ReplayFailedError) return { result: error.result, cause: error.cause };
    throw error;
  }
}

function show(output: Output, result: ReplayResult, dryRun: boolean): void {
  output.show(result, (one) => replayText(one, dryRun), replayJson);
  for (const line of replayHints(result, dryRun)) output.hint(line);
}

function resumeHint({ includeDelivered, includeSkipped }: ReplayQuery, { resume }: ReplayResult): string {
  return includeDelivered || includeSkipped
    ? `Run the command again with --resume ${resume.toISOString()} for the rest.`
    : 'Run the command again for the rest.';
}
