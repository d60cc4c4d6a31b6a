/** `sources …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { hasPreviousToken, type Source } from '../../relay/endpoint/source.ts';
import { checkAttributes } from '../attributes.ts';
import type { Listed } from '../listing.ts';
import {
  type AddressedSource,
  addSource,
  listSources,
  type RotatedSource,
  removeSource,
  rotateSource,
} from '../sources/sources.ts';
import { invalidRowsText } from './invalid-rows.ts';
import { addKeepOldOptions, keepOldOptionsSchema, readKeepOld } from './keep-old-options.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Colours, Terminal } from './output.ts';
import { table } from './table.ts';
import { timeText, writtenTimeText } from './times.ts';

const addOptionsSchema = z.object({ description: z.string().exactOptional() });

export function addSourcesCommands(program: Command, terminal: Terminal): void {
  const sources = program
    .command('sources')
    .helpCommand(false)
    .description('the Hub accounts whose webhooks the relay takes: each has an address of its own');

  sources
    .command('add <id>')
    .description('add a source; its address is shown once')
    .option('--description <text>', 'a note to yourself')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const attributes = checkAttributes(addOptionsSchema, options);
      await onRelay(command, terminal, async (connection, output) => {
        const source = await addSource(connection, id, attributes);
        output.show(source, (one) => addressText(one, `Source ${one.id} is added.`, output.colours));
        output.hint('It works within 10 s.');
      });
    });

  sources
    .command('list')
    .description('list the sources')
    .action((_options: unknown, command: Command) =>
      onRelay(command, terminal, async (connection, output) => {
        output.show(
          await listSources(connection),
          (rows) => listText(rows, output.colours),
          (rows) => rows.map(toJson),
        );
      }),
    );

  const rotate = sources
    .command('rotate <id>')
    .description('give a source a new address, shown once; the one before works for a day more');
  addKeepOldOptions(rotate, {
    keepOld: 'how long the old address works',
    now: 'stop the old address at once, for it is in wrong hands',
  }).action(async (id: string, options: GivenOptions, command: Command) => {
    const keepOldMs = readKeepOld(checkAttributes(keepOldOptionsSchema, options));
    await onRelay(command, terminal, async (connection, output) => {
      const source = await rotateSource(connection, id, keepOldMs);
      const title = `Source ${source.id} has a new address.`;
      output.show(source, (one) => addressText(one, title, output.colours), rotatedJson);
      for (const line of oldAddressText(source)) output.hint(line);
    });
  });

  sources
    .command('remove <id>')
    .description('remove a source; its events stay')
    .action((id: string, _options: unknown, command: Command) =>
      onRelay(command, terminal, async (connection, output) => {
        await removeSource(connection, id);
        output.show({ id, removed: true }, (one) => `Source ${one.id} is removed.`);
        output.hint('Its address stops working within 10 s; its events stay until they expire.');
      }),
    );
}

function addressText({ address }: AddressedSource, title: string, { bold, cyan, dim }: Colours): string {
  return [
    bold(title),
    'Paste this address into the Hub’s settings, as it is:',
    '',
    `  ${cyan(address)}`,
    '',
    dim(
      'It is shown only now, for the relay keeps no more than a hash of it. Who knows it can send webhooks.',
    ),
  ].join('\n');
}

function rotatedJson({ id, address, previousTokenUntil }: RotatedSource) {
  return { id, address, oldAddressUntil: previousTokenUntil ?? null };
}

function oldAddressText({ previousTokenUntil, olderEnded }: RotatedSource): string[] {
  const old =
    previousTokenUntil === undefined
      ? 'The old address stops working, and the new one starts, within 10 s.'
      : `The new address works within 10 s, and the old one until ${timeText(previousTokenUntil)}.`;
  return olderEnded ? [old, 'The address before those two was kept until now, and stops as well.'] : [old];
}

function listText(rows: readonly Listed<Source>[], colours: Colours): string {
  if (rows.length === 0) return 'No sources yet. `sources add main` adds one and shows its address.';
  const valid = rows.flatMap((row) => ('valid' in row ? [row.valid] : []));
  const cells = valid.map((source) => [
    colours.bold(source.id),
    source.enabled ? colours.green('enabled') : colours.yellow('not enabled'),
    writtenTimeText(source.createdAt),
    [source.description, oldAddressNote(source)].filter(Boolean).join('; '),
  ]);
  return [
    ...(cells.length > 0 ? [table(cells, ['source', 'state', 'added', 'description'])] : []),
    ...invalidRowsText(rows, 'its address does not work', colours),
  ].join('\n');
}

function oldAddressNote(source: Source): string | undefined {
  const { enabled, previousTokenUntil } = source;
  if (!enabled || previousTokenUntil === undefined || !hasPreviousToken(source, new Date())) return undefined;
  return `its old address works until ${timeText(previousTokenUntil)}`;
}

/** Without the tokens' hashes, of which nobody has any use. */
function toJson(row: Listed<Source>) {
  if ('invalid' in row) return { id: row.invalid.id, invalid: row.invalid.reason };
  const { tokenSha256: _, previousTokenSha256: __, previousTokenUntil: until, ...source } = row.valid;
  return hasPreviousToken(row.valid, new Date()) ? { ...source, oldAddressUntil: until } : source;
}
