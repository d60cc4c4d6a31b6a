/** `deliveries …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import { cancelDeliveries } from '../deliveries/cancellations.ts';
import { listDeliveries } from '../deliveries/deliveries.ts';
import { OWED_STATES } from '../deliveries/owed-work.ts';
import { type RetryResult, retryDeliveries, retryQuarantined } from '../deliveries/retries.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import type { Run } from '../long-run.ts';
import { cancelText, deliveryListJson, deliveryListText, retryText, whenText } from './delivery-view.ts';
import { readMoment } from './moment-option.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Terminal } from './output.ts';
import { watched } from './watched.ts';

const text = z.string().exactOptional();
const state = z.enum(OWED_STATES).exactOptional();

const listOptionsSchema = z.object({
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(50),
  endpoint: text,
  state,
  since: text,
});
const cancelOptionsSchema = z.object({ endpoint: text, since: text, dryRun: z.boolean().default(false) });
const retryOptionsSchema = cancelOptionsSchema.extend({ state });

const SINCE = 'owed since then or later: 30m, 2h or 3d ago, or a time such as 2026-03-01T09:30';

export function addDeliveriesCommands(program: Command, terminal: Terminal): void {
  const deliveries = program
    .command('deliveries')
    .helpCommand(false)
    .description('what did not get through at once: it waits, has failed for good, or was cancelled');

  deliveries
    .command('list')
    .description('list what needs a person, the last first, and then what is pending, the next first')
    .option('--endpoint <id>', 'only to this endpoint')
    .option('--state <state>', 'only pending, dead, cancelled, or quarantined (events whose fan-out fails)')
    .option('--since <moment>', SINCE)
    .option('--limit <number>', 'how many, 1 to 1000; 50 unless given')
    .action(async (options: GivenOptions, command: Command) => {
      const { endpoint: endpointId, since, ...query } = checkAttributes(listOptionsSchema, options);
      const moment = readMoment('since', since);
      await onRelay(command, terminal, async (connection, output) => {
        const list = await listDeliveries(connection, { ...query, endpointId, since: moment });
        output.show(list, (one) => deliveryListText(one, output.colours), deliveryListJson);
      });
    });

  deliveries
    .command('retry [event-id]')
    .description('have deliveries tried again: one, or the dead and cancelled ones of an endpoint')
    .option('--endpoint <id>', 'the endpoint that they are owed to')
    .option('--state <state>', 'only dead, cancelled or quarantined; or pending, to be tried at once')
    .option('--since <moment>', SINCE)
    .option('--dry-run', 'count them, and change nothing')
    .action(async (eventId: string | undefined, options: GivenOptions, command: Command) => {
      const selection = { ...checkAttributes(retryOptionsSchema, options), eventId };
      const { dryRun } = selection;
      const since = readMoment('since', selection.since);
      const isOfEvents = selection.state === 'quarantined';
      await onRelay(command, terminal, async (connection, output) => {
        const result = await watched(terminal, { dryRun }, (run) =>
          retry(connection, { ...selection, since }, run),
        );
        output.show(result, (one) => retryText(one, dryRun, isOfEvents ? 'event' : 'delivery'));
        const { retried, dueAlready, atOnce, waits } = result;
        const waiting = waits === undefined ? [] : [waits];
        const when = { count: dryRun ? 0 : retried + dueAlready, atOnce, waits: waiting };
        for (const line of whenText(when)) output.hint(line);
        if (result.interrupted) throw interrupted();
      });
    });

  deliveries
    .command('cancel [event-id]')
    .description('give up deliveries that are pending: one, or all of an endpoint')
    .option('--endpoint <id>', 'the endpoint that they are owed to')
    .option('--since <moment>', SINCE)
    .option('--dry-run', 'count them, and change nothing')
    .action(async (eventId: string | undefined, options: GivenOptions, command: Command) => {
      const { endpoint, since, dryRun } = checkAttributes(cancelOptionsSchema, options);
      const selection = { endpointId: needed(endpoint), eventId, since: readMoment('since', since) };
      await onRelay(command, terminal, async (connection, output) => {
        const result = await watched(terminal, { dryRun }, (run) =>
          cancelDeliveries(connection, selection, run),
        );
        output.show(result, (one) => cancelText(one, dryRun));
        if (result.cancelled > 0 && !dryRun) output.hint('`deliveries retry` takes that back.');
        if (result.interrupted) throw interrupted();
      });
    });
}

interface RetrySelection {
  readonly eventId: string | undefined;
  readonly endpoint?: string;
  readonly state?: (typeof OWED_STATES)[number];
  readonly since: Date | undefined;
}

function retry(connection: Connection, selection: RetrySelection, run: Run): Promise<RetryResult> {
  const { eventId, endpoint, state, since } = selection;
  if (state !== 'quarantined')
    return retryDeliveries(connection, { eventId, endpointId: needed(endpoint), state, since }, run);
  if (endpoint === undefined) return retryQuarantined(connection, { eventId, since }, run);
  const problem = 'does not go with --state quarantined: such an event has not reached any endpoint';
  throw new InvalidInputError([{ attribute: 'endpoint', problem }]);
}

/** Nobody is asked whether they are sure: so nobody gets at all deliveries at once by leaving something out. */
function needed(endpoint: string | undefined): string {
  if (endpoint !== undefined) return endpoint;
  throw new InvalidInputError([{ attribute: 'endpoint', problem: 'is missing' }]);
}

function interrupted(): InterruptedError {
  return new InterruptedError(
    'it was interrupted',
    'What is counted above is done; the same command does the rest.',
  );
}
