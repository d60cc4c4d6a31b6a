/** `deliveries …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { cancelDeliveries } from '../deliveries/cancellations.ts';
import { listDeliveries } from '../deliveries/deliveries.ts';
import { OWED_STATES } from '../deliveries/owed-work.ts';
import { type RetryResult, retryAbandoned, retryDeliveries } from '../deliveries/retries.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { addDropCommand } from './deliveries-drop-command.ts';
import { cancelText, deliveryListJson, deliveryListText, retryText, scheduleHints } from './delivery-text.ts';
import { readMoment } from './option-values.ts';
import type { Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();
const state = z.enum(OWED_STATES).exactOptional();

const listOptionsSchema = z.object({
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(50),
  endpoint: text,
  state,
  since: text,
  after: text,
});
const cancelOptionsSchema = z.object({ endpoint: text, since: text, dryRun: z.boolean().default(false) });
const retryOptionsSchema = cancelOptionsSchema.extend({ state });

const SINCE =
  'skip deliveries that became pending earlier: 30m, 2h or 3d ago, or a time such as 2026-03-01T09:30';
const ENDPOINT = 'select this endpoint’s deliveries; required';

export function addDeliveriesCommands(program: Command, terminal: Terminal): void {
  const deliveries = program
    .command('deliveries')
    .helpCommand(false)
    .description('list, retry, cancel and drop deliveries that are pending or need attention');

  deliveries
    .command('list')
    .description(
      'list the items that need attention, latest first, and then the pending deliveries, next due first',
    )
    .option('--endpoint <id>', 'list only this endpoint’s deliveries')
    .option(
      '--state <state>',
      'list only one state: pending, dead, cancelled, or abandoned (events that fan-out gave up on)',
    )
    .option('--since <moment>', SINCE)
    .option('--after <cursor>', 'continue the list: the `next` of the page before')
    .option('--limit <number>', 'list at most this many, 1 to 1000 (default: 50)')
    .action(async (options: GivenOptions, command: Command) => {
      const { endpoint: endpointId, since, ...query } = checkAttributes(listOptionsSchema, options);
      const moment = readMoment('since', since);
      await withConnection(command, terminal, async (connection, output) => {
        const list = await listDeliveries(connection, { ...query, endpointId, since: moment });
        output.show(list, (one) => deliveryListText(one, output.screen), deliveryListJson);
      });
    });

  deliveries
    .command('retry [event-id]')
    .usage('--endpoint <id> [options] [event-id]')
    .description(
      'retry the dead and cancelled deliveries of an endpoint; with an event id, only that delivery',
    )
    .option('--endpoint <id>', `${ENDPOINT}, except with --state abandoned`)
    .option(
      '--state <state>',
      'select one state: dead, cancelled, abandoned, or pending (makes them due at once)',
    )
    .option('--since <moment>', SINCE)
    .option('--dry-run', 'count the deliveries and change nothing')
    .action(async (eventId: string | undefined, options: GivenOptions, command: Command) => {
      const selection = { ...checkAttributes(retryOptionsSchema, options), eventId };
      const { dryRun } = selection;
      const since = readMoment('since', selection.since);
      await withConnection(command, terminal, async (connection, output) => {
        const result = await withProgress(terminal, { dryRun }, (run) =>
          retry(connection, { ...selection, since }, run),
        );
        output.show(result, (one) => retryText(one, { ...selection, since }));
        const { retried, alreadyDue, enqueued, waitReason } = result;
        const waitReasons = waitReason === undefined ? [] : [waitReason];
        const schedule = { count: dryRun ? 0 : retried + alreadyDue, enqueued, waitReasons };
        for (const line of scheduleHints(schedule)) output.hint(line);
        if (result.interrupted) throw interrupted();
      });
    });

  deliveries
    .command('cancel [event-id]')
    .usage('--endpoint <id> [options] [event-id]')
    .description('cancel the pending deliveries of an endpoint; with an event id, only that delivery')
    .option('--endpoint <id>', ENDPOINT)
    .option('--since <moment>', SINCE)
    .option('--dry-run', 'count the deliveries and change nothing')
    .action(async (eventId: string | undefined, options: GivenOptions, command: Command) => {
      const { endpoint, since, dryRun } = checkAttributes(cancelOptionsSchema, options);
      const selection = { endpointId: requireEndpoint(endpoint), eventId, since: readMoment('since', since) };
      await withConnection(command, terminal, async (connection, output) => {
        const result = await withProgress(terminal, { dryRun }, (run) =>
          cancelDeliveries(connection, selection, run),
        );
        output.show(result, (one) => cancelText(one, dryRun));
        if (result.cancelled > 0 && !dryRun)
          output.hint(`\`${retryCall(selection)}\` makes them pending again.`);
        if (result.interrupted) throw interrupted();
      });
    });

  addDropCommand(deliveries, terminal);
}

interface RetrySelection {
  readonly eventId: string | undefined;
  readonly endpoint?: string;
  readonly state?: (typeof OWED_STATES)[number];
  readonly since: Date | undefined;
}

function retry(connection: Connection, selection: RetrySelection, run: BulkRun): Promise<RetryResult> {
  const { eventId, endpoint, state, since } = selection;
  if (state !== 'abandoned')
    return retryDeliveries(connection, { eventId, endpointId: requireEndpoint(endpoint), state, since }, run);
  if (endpoint === undefined) return retryAbandoned(connection, { eventId, since }, run);
  const problem = 'cannot be combined with --state abandoned: such an event has no deliveries yet';
  throw new InvalidInputError([{ attribute: 'endpoint', problem }]);
}

/** There is no confirmation prompt, so no command changes the deliveries of all endpoints. */
function requireEndpoint(endpoint: string | undefined): string {
  if (endpoint !== undefined) return endpoint;
  throw new InvalidInputError([
    {
      attribute: 'endpoint',
      problem: 'is missing: give --endpoint <id> (with an event id, only that delivery)',
    },
  ]);
}

function retryCall({
  endpointId,
  eventId,
}: {
  readonly endpointId: string;
  readonly eventId: string | undefined;
}) {
  return ['deliveries retry', ...(eventId === undefined ? [] : [eventId]), '--endpoint', endpointId].join(
    ' ',
  );
}

function interrupted(): InterruptedError {
  return new InterruptedError(
    'the command was interrupted',
    'The counts above are done. Run the command again for the rest.',
  );
}
