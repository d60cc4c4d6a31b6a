/** `endpoints test-filter`, `endpoints preview` and `endpoints presets` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import {
  type FilterTrial,
  type Preview,
  previewContent,
  type Trials,
  tryFilter,
} from '../endpoints/expression-trials.ts';
import { isPreset, PRESET_NAMES, PRESETS, presetText } from '../endpoints/presets.ts';
import { InvalidInputError } from '../errors.ts';
import { checkEventId } from '../events/event-key.ts';
import { plural } from './delivery-text.ts';
import { changesText, orderText } from './event-text.ts';
import { presetOption, textOf, withExpressions } from './expression-options.ts';
import { type Colours, type Screen, type Terminal, verbatim } from './output.ts';
import { table } from './table.ts';
import { timeText } from './times.ts';
import { type GivenOptions, outputOf, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();
const limit = (fallback: number) => z.coerce.number().pipe(z.int().min(1).max(1_000)).default(fallback);
const trialSchema = z.object({ filter: text, event: text, limit: limit(20) });
const previewSchema = z.object({ transform: text, preset: text, event: text, limit: limit(1) });

const TRIAL_COLUMNS = [
  'event',
  { title: 'received', leaveOut: 3 },
  'order',
  { title: 'changes', leaveOut: 2, cutTo: 12 },
  'filter',
  { title: '', leaveOut: 1, cutTo: 12 },
];

export function addExpressionCommands(endpoints: Command, terminal: Terminal): void {
  endpoints
    .command('test-filter <id>')
    .description(
      'evaluate an endpoint’s filter on the newest events of its sources, without sending anything',
    )
    .option('--filter <jsonata>', 'evaluate this filter instead; @file reads a file')
    .option('--event <id>', 'evaluate only this event')
    .option('--limit <number>', 'evaluate at most this many events, 1 to 1000 (default: 20)')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const given = checkAttributes(trialSchema, options);
      const filter = z
        .string()
        .optional()
        .parse(await textOf('filter', given.filter));
      await withConnection(command, terminal, async (connection, output) => {
        const trials = await tryFilter(connection, queryOf(id, given), filter);
        output.show(trials, (all) => trialsText(all, given.event, output.colours), trialsJson);
      });
    });

  endpoints
    .command('preview <id>')
    .description(
      'show the body that an endpoint’s transform makes of the newest events of its sources, without sending anything',
    )
    .option('--transform <jsonata>', 'use this transform instead; @file reads a file')
    .addOption(presetOption())
    .option('--event <id>', 'use only this event')
    .option('--limit <number>', 'use at most this many events, 1 to 1000 (default: 1)')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { transform: given, preset, ...query } = checkAttributes(previewSchema, options);
      const typed = {
        ...(given !== undefined && { transform: given }),
        ...(preset !== undefined && { preset }),
      };
      const { transform } = z.object({ transform: text }).parse(await withExpressions(typed));
      await withConnection(command, terminal, async (connection, output) => {
        const previews = await previewContent(connection, queryOf(id, query), transform);
        const results = previews.results.map((one) =>
          'body' in one ? { ...one, body: Buffer.from(one.body) } : one,
        );
        output.show(
          { ...previews, results },
          (all) => previewsText(all, query.event, output.colours),
          () => ({ ...previews, results: previews.results.map(previewJson) }),
        );
      });
    });

  endpoints
    .command('presets [name]')
    .description('list the ready-made transforms, or print one')
    .action(async (name: string | undefined, _options: GivenOptions, command: Command) => {
      const output = outputOf(command, terminal);
      if (name === undefined) {
        const rows = PRESET_NAMES.map((one) => ({ name: one, description: PRESETS[one] }));
        output.show({ items: rows }, ({ items }) =>
          table(items.map((one) => [output.colours.bold(one.name), one.description])),
        );
        return;
      }
      if (!isPreset(name))
        throw new InvalidInputError([{ attribute: 'name', problem: `must be ${PRESET_NAMES.join(' or ')}` }]);
      const transform = await presetText(name);
      output.show(
        { name, transform: Buffer.from(transform) },
        (one) => verbatim(one.transform.toString()),
        () => ({ name, transform }),
      );
    });
}

function queryOf(endpointId: string, { event, limit }: { event?: string | undefined; limit: number }) {
  return { endpointId, limit, ...(event !== undefined && { eventId: checkEventId(event, 'event') }) };
}

function noResultText(trials: Trials<unknown>, eventId: string | undefined): string {
  if (eventId !== undefined) return `The payload of ${eventId} has expired or was erased.`;
  const { examined, subscribed } = trials;
  const why =
    subscribed === 0
      ? 'No event of this endpoint’s sources was found.'
      : `${plural(subscribed, 'event')} of this endpoint’s sources ${subscribed === 1 ? 'has' : 'have'} no payload: it expired or was erased.`;
  return `${why}\n${rangeText(trials)}${examined === 0 ? '' : ' --event uses an older event.'}`;
}

/** How far back the search went. */
function rangeText({ examined, examinedSince }: Trials<unknown>): string {
  return `Looked back to ${timeText(examinedSince)}: ${plural(examined, 'event')} of all sources.`;
}

function trialsText(trials: Trials<FilterTrial>, eventId: string | undefined, colours: Screen): string {
  const { results } = trials;
  if (results.length === 0) return noResultText(trials, eventId);
  const words = { pass: colours.green, skip: colours.dim, error: colours.red };
  const rows = results.map(({ event, result, reason = '' }) => [
    colours.dim(event.eventId),
    timeText(event.receivedAt),
    orderText(event),
    changesText(event, colours),
    words[result](result),
    reason,
  ]);
  const failed = results.some(({ result }) => result === 'error');
  const note = failed ? ['', 'The relay sends an event when its filter fails.'] : [];
  return [
    table(rows, TRIAL_COLUMNS, colours.columns),
    ...note,
    ...(eventId === undefined ? ['', colours.dim(rangeText(trials))] : []),
  ].join('\n');
}

function trialsJson({ results, ...counts }: Trials<FilterTrial>): object {
  return { ...counts, results: results.map(({ event, ...rest }) => ({ ...idsOf(event), ...rest })) };
}

type PreviewInBytes = Preview | { event: Preview['event']; contentType: string; body: Uint8Array };

function previewsText(
  previews: Trials<PreviewInBytes>,
  eventId: string | undefined,
  { dim, bold, red }: Colours,
): string {
  const { results } = previews;
  if (results.length === 0) return noResultText(previews, eventId);
  const shown = results
    .map((one) => {
      const title = `${bold(orderText(one.event))}  ${timeText(one.event.receivedAt)}  ${dim(one.event.eventId)}`;
      if ('unsent' in one) return `${title}\n${red('nothing would be sent')}, ${one.unsent}`;
      return `${title}\n${dim(one.contentType)}\n${verbatim(Buffer.from(one.body).toString())}`;
    })
    .join('\n\n');
  return eventId === undefined ? `${shown}\n\n${dim(rangeText(previews))}` : shown;
}

function previewJson({ event, ...rest }: Preview): object {
  return { ...idsOf(event), ...rest };
}

function idsOf({ eventId, orderId, niceId, receivedAt }: Preview['event']): object {
  return {
    eventId,
    ...(orderId !== undefined && { orderId }),
    ...(niceId !== undefined && { niceId }),
    receivedAt,
  };
}
