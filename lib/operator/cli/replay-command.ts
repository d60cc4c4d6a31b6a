/** `replay`: has events sent once more. */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { checkEventId } from '../events/event-key.ts';
import { ReplayFailedError, type ReplayQuery, type ReplayResult, replayEvents } from '../replay/replays.ts';
import { readMoment } from './moment-option.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Output, Terminal } from './output.ts';
import { replayHints, replayJson, replayText } from './replay-text.ts';
import { watched } from './watched.ts';

const text = z.string().exactOptional();
const flag = z.boolean().default(false);

const optionsSchema = z.object({
  event: text,
  order: text,
  source: text,
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
    .description('have sent again what endpoints did not get: an event, an order, or all since some time')
    .option('--event <id>', 'this event, to every endpoint that hears its source unless one is named')
    .option('--order <id>', 'all events of this order, by either of its ids')
    .option('--source <id>', 'with --order: the source of the order')
    .option('--endpoint <id>', 'only to this endpoint; with --since: all that it did not get')
    .option(
      '--since <moment>',
      'with --endpoint: what came since: 2h or 3d ago, or a time such as 2026-03-01T09:30',
    )
    .option('--include-delivered', 'what the endpoint did get, too')
    .option('--include-skipped', 'what the endpoint did not want, too: its filter is asked anew')
    .option('--dry-run', 'count them, and change nothing')
    .option('--resume <moment>', 'go on with a replay that was interrupted: when it was begun')
    .action(async (options: GivenOptions, command: Command) => {
      const { dryRun, ...given } = checkAttributes(optionsSchema, options);
      const query = readQuery(given);
      await onRelay(command, terminal, async (connection, output) => {
        const work = () => watched(terminal, { dryRun }, (run) => replayEvents(connection, query, run));
        const { result, cause } = await evenIfItFails(work);
        show(output, result, dryRun);
        if (!result.interrupted) return;
        throw new InterruptedError('the replay was interrupted', resumeHint(query, result), { cause });
      });
    });
}

type Given = Omit<z.output<typeof optionsSchema>, 'dryRun'>;

/** @throws InvalidInputError unless exactly one thing is named that is to be replayed */
function readQuery({
  event,
  order,
  source,
  endpoint,
  since,
  includeDelivered,
  includeSkipped,
  resume,
}: Given): ReplayQuery {
  const rules = { includeDelivered, includeSkipped, resume: readMoment('resume', resume) };
  const refuse = (attribute: string, problem: string) => new InvalidInputError([{ attribute, problem }]);
  if (event !== undefined && order !== undefined) throw refuse('order', 'does not go with --event');
  if (source !== undefined && order === undefined) throw refuse('source', 'goes with --order alone');
  const isOne = event !== undefined || order !== undefined;
  if (since !== undefined && isOne) throw refuse('since', 'does not go with --event or --order');
  if (event !== undefined) return { ...rules, eventId: checkEventId(event, 'event'), endpointId: endpoint };
  if (order !== undefined) return { ...rules, order, source, endpointId: endpoint };
  if (endpoint === undefined)
    throw refuse('event', 'is missing, or --order, or --endpoint with --since: what is to be replayed?');
  const moment = readMoment('since', since);
  if (moment === undefined) throw refuse('since', 'is missing: how far back?');
  return { ...rules, endpointId: endpoint, since: moment };
}

async function evenIfItFails(
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
    ? `The same command with --resume ${resume.toISOString()} does the rest.`
    : 'The same command does the rest.';
}
