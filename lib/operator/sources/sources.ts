/** Adds, lists, rotates and removes sources. */

import {
  type PreviousToken,
  type Source,
  sourceIdSchema,
  sourceSchema,
  validPreviousTokens,
} from '../../relay/endpoint/source.ts';
import { after } from '../../relay/model/clock.ts';
import { isReservedSource, type SourceId } from '../../relay/model/ids.ts';
import { checkAttributes } from '../attributes.ts';
import { canBeRowId, idOf, type ListedRow, listRows } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { AlreadyExistsError, InvalidInputError, NotFoundError } from '../errors.ts';
import { checkPreviousCount } from '../previous-limit.ts';
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

/**
 * Finds a source, also one of the relay's own.
 *
 * @throws InvalidInputError when the id is invalid
 * @throws NotFoundError
 */
export async function findSourceId(
  connection: Pick<Connection, 'configTable'>,
  text: string,
): Promise<SourceId> {
  const id = checkSourceId(text);
  if (isReservedSource(id) || (await sourceIds(connection)).includes(id)) return id;
  throw new NotFoundError('source', text);
}

/** A source with a new address, and the end of its old addresses. */
export interface RotatedSource extends AddressedSource {
  /** The ends of the old addresses that stay valid, the last address first. */
  readonly oldAddressesUntil: readonly Date[];
  /** How many old addresses stop at once. */
  readonly ended: number;
}

/**
 * Gives a source a new address. The old address stays valid for the grace period, so that no webhook is lost before the
 * Hub's settings have the new one. Older addresses stay valid until their own grace periods end.
 *
 * @param gracePeriodMs 0 stops all old addresses as soon as the functions reread the row
 * @throws NotFoundError
 * @throws NotPossibleError when too many old addresses are still valid
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
  const valid = before === undefined ? [] : validTokens(before, now, gracePeriodMs);
  const previousTokens = gracePeriodMs > 0 ? valid : [];
  if (gracePeriodMs > 0) checkPreviousCount(`the source ${id} still has`, 'addresses', valid.slice(1));
  const change = {
    tokenSha256,
    previousTokens:
      previousTokens.length === 0
        ? null
        : previousTokens.map((one) => ({ ...one, until: one.until.toISOString() })),
    updatedAt: now.toISOString(),
  };
  const { previousTokens: _, ...kept } = row.attributes;
  const source = checkAttributes(sourceSchema, { ...kept, tokenSha256, id });
  if (!(await configWriter.change('source', id, change))) throw new NotFoundError('source', id);
  const address = webhookAddress(relay, token);
  await replaceSavedAddress(relay, row.attributes.tokenSha256, address);
  return {
    id: source.id,
    address,
    oldAddressesUntil: previousTokens.map(({ until }) => until),
    ended: valid.length - previousTokens.length,
  };
}

/** The tokens that are valid now, newest first. The current one gets the grace period. */
function validTokens(source: Source, now: Date, gracePeriodMs: number): PreviousToken[] {
  const current = { tokenSha256: source.tokenSha256, until: after(now, gracePeriodMs) };
  return [current, ...validPreviousTokens(source, now)];
}

/**
 * Removes a source. Its address stops as soon as the functions reread the table. Its events stay.
 *
 * @throws NotFoundError
 */
export async function removeSource({ configWriter }: Connection, id: string): Promise<void> {
  if (!canBeRowId(id) || !(await configWriter.remove('source', id))) throw new NotFoundError('source', id);
}
