/** `sources …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { type Source, validPreviousTokens } from '../../relay/endpoint/source.ts';
import { checkAttributes } from '../attributes.ts';
import type { ListedRow } from '../config-rows.ts';
import {
  type AddressedSource,
  addSource,
  listSources,
  type RotatedSource,
  removeSource,
  rotateSource,
} from '../sources/sources.ts';
import { addYesOption, confirm } from './confirmation.ts';
import { addGracePeriodOptions, gracePeriodOptionsSchema, readGracePeriod } from './grace-period-options.ts';
import { invalidRowsText } from './invalid-rows.ts';
import type { Colours, Screen, Terminal } from './output.ts';
import { table } from './table.ts';
import { timeText, writtenTimeText } from './times.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const LIST_COLUMNS = ['source', 'state', 'added', { title: 'description', cutTo: 20 }];

const addOptionsSchema = z.object({ description: z.string().exactOptional() });

export function addSourcesCommands(program: Command, terminal: Terminal): void {
  const sources = program
    .command('sources')
    .helpCommand(false)
    .description('add, list, rotate and remove sources: the Hub accounts that send webhooks');

  sources
    .command('add <id>')
    .description('add a source and show its webhook address once')
    .option('--description <text>', 'store a note')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const attributes = checkAttributes(addOptionsSchema, options);
      await withConnection(command, terminal, async (connection, output) => {
        const source = await addSource(connection, id, attributes);
        output.show(source, (one) => addressText(one, `Source ${one.id} is added.`, output.colours));
        output.hint('The address works within 10 s.');
      });
    });

  sources
    .command('list')
    .description('list the sources')
    .action((_options: unknown, command: Command) =>
      withConnection(command, terminal, async (connection, output) => {
        output.show(
          await listSources(connection),
          (rows) => listText(rows, output.screen),
          (rows) => ({ items: rows.map(toJson) }),
        );
      }),
    );

  const rotate = sources
    .command('rotate <id>')
    .description('give a source a new address, shown once; the old one stays valid for a grace period');
  addGracePeriodOptions(rotate, {
    gracePeriod: 'keep the old address valid for this long; older ones keep their own time',
    now: 'stop all old addresses at once, for example after a leak',
  }).action(async (id: string, options: GivenOptions, command: Command) => {
    const gracePeriodMs = readGracePeriod(checkAttributes(gracePeriodOptionsSchema, options));
    await withConnection(command, terminal, async (connection, output) => {
      const source = await rotateSource(connection, id, gracePeriodMs);
      const title = `Source ${source.id} has a new address.`;
      output.show(source, (one) => addressText(one, title, output.colours), rotatedJson);
      for (const line of oldAddressText(source)) output.hint(line);
    });
  });

  addYesOption(
    sources.command('remove <id>').description('remove a source; its events stay until they expire'),
  ).action((id: string, options: GivenOptions, command: Command) =>
    withConnection(command, terminal, async (connection, output) => {
      await confirm(
        `Remove the source ${id}, so that its webhooks are refused`,
        options.yes === true,
        terminal,
      );
      await removeSource(connection, id);
      output.show({ id, removed: true }, (one) => `Source ${one.id} is removed.`);
      output.hint('Its address stops within 10 s. Its events stay until they expire.');
    }),
  );
}

function addressText({ address }: AddressedSource, title: string, { bold, cyan, dim }: Colours): string {
  return [
    bold(title),
    'Paste this address unchanged into the Hub’s settings:',
    '',
    `  ${cyan(address)}`,
    '',
    dim(
      'The address is shown only now: the relay stores a hash of it. Keep it secret, because it is all that a sender needs.',
    ),
  ].join('\n');
}

function rotatedJson({ id, address, oldAddressesUntil }: RotatedSource) {
  return { id, address, oldAddressesUntil };
}

function oldAddressText({ oldAddressesUntil, ended }: RotatedSource): string[] {
  const [last, ...older] = oldAddressesUntil;
  const works = 'The new address works within 10 s';
  if (last === undefined) {
    if (ended < 2) return [`${works}, and the old one stops.`];
    return [
      `${works}, and the old one stops. So do the older addresses that were still valid: ${ended - 1}.`,
    ];
  }
  const olderTexts = older.map((until) => `An older address still works until ${timeText(until)}.`);
  return [`${works}. The old one works until ${timeText(last)}.`, ...olderTexts];
}

function listText(rows: readonly ListedRow<Source>[], colours: Screen): string {
  if (rows.length === 0) return 'No sources yet. `sources add main` adds one and shows its address.';
  const valid = rows.flatMap((row) => ('valid' in row ? [row.valid] : []));
  const cells = valid.map((source) => [
    colours.bold(source.id),
    source.enabled ? colours.green('enabled') : colours.yellow('disabled'),
    writtenTimeText(source.createdAt),
    [source.description, oldAddressNote(source)].filter(Boolean).join('; '),
  ]);
  return [
    ...(cells.length > 0 ? [table(cells, LIST_COLUMNS, colours.columns)] : []),
    ...invalidRowsText(rows, 'its address does not work', colours),
  ].join('\n');
}

function oldAddressNote(source: Source): string | undefined {
  const [last, ...older] = validPreviousTokens(source, new Date()).map(({ until }) => timeText(until));
  if (!source.enabled || last === undefined) return undefined;
  if (older.length === 0) return `its old address works until ${last}`;
  return `its old addresses work until ${[last, ...older].join(', ')}`;
}

/** Leaves out the hashes of the tokens. */
function toJson(row: ListedRow<Source>) {
  if ('invalid' in row) return { id: row.invalid.id, invalid: row.invalid.reason };
  const { tokenSha256: _, previousTokens: __, ...source } = row.valid;
  const oldAddressesUntil = validPreviousTokens(row.valid, new Date()).map(({ until }) => until);
  return oldAddressesUntil.length > 0 ? { ...source, oldAddressesUntil } : source;
}
