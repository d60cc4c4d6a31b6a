/** What an operator does with sources: the Hub accounts whose webhooks the relay takes. */

import { hasPreviousToken, type Source, sourceIdSchema, sourceSchema } from '../../relay/endpoint/source.ts';
import { after } from '../../relay/model/clock.ts';
import { isReservedSource, type SourceId } from '../../relay/model/ids.ts';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import { AlreadyExistsError, InvalidInputError, NotFoundError } from '../errors.ts';
import { idOf, type Listed, listRows } from '../listing.ts';
import { canBeRowId } from '../row-id.ts';
import { replaceKeptAddress } from './kept-address.ts';
import { newToken, webhookAddress } from './webhook-address.ts';

/** A source and its address, which holds its token and is not stored anywhere: to be shown once. */
export interface AddressedSource {
  readonly id: SourceId;
  readonly address: string;
}

/**
 * @throws InvalidInputError
 * @throws AlreadyExistsError
 */
export async function addSource(
  { configWriter, clock, relay }: Connection,
  id: string,
  attributes: { readonly description?: string } = {},
): Promise<AddressedSource> {
  const { token, tokenSha256 } = newToken();
  const now = clock.now().toISOString();
  const row = { ...attributes, tokenSha256, createdAt: now, updatedAt: now };
  const source = checkAttributes(sourceSchema, { id, ...row });
  if (!(await configWriter.add('source', id, row))) throw new AlreadyExistsError('source', id);
  return { id: source.id, address: webhookAddress(relay, token) };
}

export function listSources(connection: Pick<Connection, 'configTable'>): Promise<Listed<Source>[]> {
  return listRows(connection, 'source', sourceSchema);
}

/** The ids of all sources, of those whose row is wrong in some other respect, too. */
export async function sourceIds(connection: Pick<Connection, 'configTable'>): Promise<SourceId[]> {
  return (await listSources(connection)).flatMap((row) => sourceIdSchema.safeParse(idOf(row)).data ?? []);
}

/**
 * The relay's own sources, of which there are no rows, are among those that can be looked for.
 *
 * @throws InvalidInputError when no source could have such an id
 */
export function checkSourceId(text: string): SourceId {
  if (isReservedSource(text)) return text;
  const parsed = sourceIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw new InvalidInputError([{ attribute: 'source', problem }]);
}

/** A source with a new address, and what becomes of those it had. */
export interface RotatedSource extends AddressedSource {
  /** Until then the address before works as well; absent when it stops at once. */
  readonly previousTokenUntil?: Date;
  /** Whether there was an even older one that was still kept, and is no longer. */
  readonly olderEnded: boolean;
}

/**
 * Gives a source a new address. The one before works as well for as long as it is told to be kept, so that nothing is
 * lost while the new one is put into the Hub's settings; of older ones none does.
 *
 * @param keepOldMs 0 for one that must stop at once, as soon as the functions have read the row again
 * @throws NotFoundError
 * @throws InvalidInputError when the row has other faults
 */
export async function rotateSource(
  { configWriter, clock, relay }: Connection,
  id: string,
  keepOldMs: number,
): Promise<RotatedSource> {
  const row = canBeRowId(id) ? await configWriter.row('source', id) : undefined;
  if (row === undefined) throw new NotFoundError('source', id);
  // What is wrong with the tokens it had is mended by a new one.
  const before = sourceSchema.safeParse({ ...row.attributes, id }).data;
  const { token, tokenSha256 } = newToken();
  const now = clock.now();
  const until = keepOldMs > 0 && before !== undefined ? after(now, keepOldMs) : undefined;
  const change = {
    tokenSha256,
    previousTokenSha256: until === undefined ? null : before?.tokenSha256,
    previousTokenUntil: until?.toISOString() ?? null,
    updatedAt: now.toISOString(),
  };
  const { previousTokenSha256: _, previousTokenUntil: __, ...kept } = row.attributes;
  const source = checkAttributes(sourceSchema, { ...kept, tokenSha256, id });
  if (!(await configWriter.change('source', id, change))) throw new NotFoundError('source', id);
  const address = webhookAddress(relay, token);
  await replaceKeptAddress(relay, row.attributes.tokenSha256, address);
  return {
    id: source.id,
    address,
    ...(until !== undefined && { previousTokenUntil: until }),
    olderEnded: before !== undefined && hasPreviousToken(before, now),
  };
}

/**
 * Its events stay; its address stops working as soon as the functions have read the table again.
 *
 * @throws NotFoundError
 */
export async function removeSource({ configWriter }: Connection, id: string): Promise<void> {
  if (!canBeRowId(id) || !(await configWriter.remove('source', id))) throw new NotFoundError('source', id);
}
