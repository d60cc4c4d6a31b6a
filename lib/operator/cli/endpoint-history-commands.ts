/** `endpoints history` and `endpoints missed` */
import type { Command } from 'commander';
import { z } from 'zod';
import { SHOWN_STATES } from '../../relay/model/delivery-state.ts';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import { endpointHistory } from '../deliveries/endpoint-history.ts';
import { missedOrders } from '../deliveries/missed-orders.ts';
import { NotPossibleError } from '../errors.ts';
import { findReplayTarget } from '../replay/replay-target.ts';
import { historyText, missedJson, missedText, resendCommand } from './endpoint-history-text.ts';
import { readMoment } from './option-values.ts';
import type { Output, Terminal } from './output.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();
const limit = z.coerce.number().pipe(z.int().min(1).max(1_000)).default(50);

const historyOptionsSchema = z.object({
  limit,
  state: z.enum(SHOWN_STATES).exactOptional(),
  since: text,
  before: text,
});
const missedOptionsSchema = z.object({ limit, since: z.string(), before: text });

const LIMIT = 'list at most this many, 1 to 1000 (default: 50)';
const BEFORE = 'continue the list after this event: the `next` of the page before';

export function addHistoryCommands(endpoints: Command, terminal: Terminal): void {
  endpoints
    .command('history <id>')
    .description('list what became of each event for an endpoint, newest first')
    .option('--state <state>', `list only one state: ${SHOWN_STATES.join(', ')}`)
    .option('--since <moment>', 'skip older events: 30m, 2h or 3d ago, or a time (default: 30d)')
    .option('--before <event-id>', BEFORE)
    .option('--limit <number>', LIMIT)
    .action(async (endpointId: string, options: GivenOptions, command: Command) => {
      const { since, ...query } = checkAttributes(historyOptionsSchema, options);
      const moment = readMoment('since', since);
      await withConnection(command, terminal, async (connection, output) => {
        const page = await endpointHistory(connection, { ...query, endpointId, since: moment });
        output.show(page, (one) => historyText(one, endpointId, query.state, output.screen));
        hintNext(output, page.next);
      });
    });

  endpoints
    .command('missed <id>')
    .description('list the orders whose newest update an endpoint did not receive, and how to resend them')
    .requiredOption('--since <moment>', 'skip older updates: 30m, 2h or 3d ago, or a time')
    .option('--before <event-id>', BEFORE)
    .option('--limit <number>', LIMIT)
    .action(async (endpointId: string, options: GivenOptions, command: Command) => {
      const { since, ...query } = checkAttributes(missedOptionsSchema, options);
      const moment = readMoment('since', since) ?? new Date(0);
      await withConnection(command, terminal, async (connection, output) => {
        const page = await missedOrders(connection, { ...query, endpointId, since: moment });
        const shown = { endpointId, since: moment };
        output.show(
          page,
          (one) => missedText(one, shown, output.screen),
          (one) => missedJson(one, endpointId),
        );
        hintNext(output, page.next);
        const resendable = page.items.find(({ state }) => state !== 'pending');
        if (resendable === undefined) return;
        output.hint(await resendHint(connection, endpointId, moment));
        output.hint(`\`${resendCommand(resendable, endpointId)}\` resends one.`);
      });
    });
}

function hintNext(output: Output, next: string | undefined): void {
  if (next !== undefined) output.hint(`--before ${next} continues the list.`);
}

async function resendHint(connection: Connection, endpointId: string, since: Date): Promise<string> {
  const command = `\`replay --endpoint ${endpointId} --since ${since.toISOString()}\` resends all that are dead or cancelled.`;
  try {
    await findReplayTarget(connection, endpointId);
    return command;
  } catch (error) {
    if (!(error instanceof NotPossibleError)) throw error;
    return `First: ${error.message}. ${error.hint} Then ${command}`;
  }
}
