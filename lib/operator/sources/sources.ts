/** Adds, lists, rotates and removes sources. */

import { hasPreviousToken, type Source, sourceIdSchema, sourceSchema } from '../../relay/endpoint/source.ts';
import { after } from '../../relay/model/clock.ts';
import { isReservedSource, type SourceId } from '../../relay/model/ids.ts';
import { checkAttributes } from '../attributes.ts';
import { canBeRowId, idOf, type ListedRow, listRows } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { AlreadyExistsError, InvalidInputError, NotFoundError } from '../errors.ts';
import { replaceSavedAddress } from './saved-address.ts';
import { newToken, webhookAddress } from './webhook-address.ts';

/** A source with its address. The address contains the token and is not stored, so the caller shows it once. */
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

export function listSources(connection: Pick<Connection, 'configTable'>): Promise<ListedRow<Source>[]> {
  return listRows(connection, 'source', sourceSchema);
}

/** The ids of all sources, also of those with an invalid row. */
export async function sourceIds(connection: Pick<Connection, 'configTable'>): Promise<SourceId[]> {
  return (await listSources(connection)).flatMap((row) => sourceIdSchema.safeParse(idOf(row)).data ?? []);
}

/**
 * Accepts the relay's own sources, too, although they have no rows.
 *
 * @throws InvalidInputError when the id is invalid
 */
export function checkSourceId(text: string): SourceId {
  if (isReservedSource(text)) return text;
  const parsed = sourceIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw new InvalidInputError([{ attribute: 'source', problem }]);
}

/** A source with a new address, and the end of its old addresses. */
export interface RotatedSource extends AddressedSource {
  /** The end of the old address; absent when it stops at once. */
  readonly previousTokenUntil?: Date;
  /** True when an even older address was still valid, and now stops. */
  readonly olderEnded: boolean;
}

/**
 * Gives a source a new address. The old address stays valid for the grace period, so that no webhook is lost before the
 * Hub's settings have the new one. Older addresses stop.
 *
 * @param gracePeriodMs 0 stops the old address as soon as the functions reread the row
 * @throws NotFoundError
 * @throws InvalidInputError when another attribute of the row is invalid
 */
export async function rotateSource(
  { configWriter, clock, relay }: Connection,
  id: string,
  gracePeriodMs: number,
): Promise<RotatedSource> {
  const row = canBeRowId(id) ? await configWriter.row('source', id) : undefined;
  if (row === undefined) throw new NotFoundError('source', id);
  // A new token also fixes invalid token attributes.
  const before = sourceSchema.safeParse({ ...row.attributes, id }).data;
  const { token, tokenSha256 } = newToken();
  const now = clock.now();
  const until = gracePeriodMs > 0 && before !== undefined ? after(now, gracePeriodMs) : undefined;
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
  await replaceSavedAddress(relay, row.attributes.tokenSha256, address);
  return {
    id: source.id,
    address,
    ...(until !== undefined && { previousTokenUntil: until }),
    olderEnded: before !== undefined && hasPreviousToken(before, now),
  };
}

/**
 * Removes a source. Its address stops as soon as the functions reread the table. Its events stay.
 *
 * @throws NotFoundError
 */
export async function removeSource({ configWriter }: Connection, id: string): Promise<void> {
  if (!canBeRowId(id) || !(await configWriter.remove('source', id))) throw new NotFoundError('source', id);
}
