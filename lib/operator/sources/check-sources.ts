/** Checks the sources that an endpoint subscribes to. */
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { InvalidInputError } from '../errors.ts';
import { sourceIds } from './sources.ts';

/**
 * Rejects unknown sources: a typing error would leave the endpoint without events.
 *
 * @throws InvalidInputError
 */
export async function checkSources(
  connection: Pick<Connection, 'configTable'>,
  { sources }: GivenAttributes,
): Promise<void> {
  const named = z.array(z.string()).safeParse(sources).data ?? [];
  if (named.length === 0) return;
  const known: readonly string[] = await sourceIds(connection);
  const unknown = named.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  const choice =
    known.length === 0 ? 'must name a source, but the relay has none yet' : `must be ${known.join(' or ')}`;
  throw new InvalidInputError([
    { attribute: 'sources', problem: `${choice}: there is no source ${unknown.join(', ')}` },
  ]);
}
