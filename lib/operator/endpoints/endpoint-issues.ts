/** Finds problems of an endpoint before it is added or changed. Writes nothing. */
import { endpointSchema } from '../../relay/endpoint/endpoint.ts';
import { checkAttributes } from '../attributes.ts';
import { canBeRowId } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { type InputIssue, InvalidInputError } from '../errors.ts';
import { checkSources } from '../sources/check-sources.ts';
import type { GivenAttributes } from './endpoints.ts';
import { checkExpressions } from './expressions.ts';

interface CheckedEndpoint {
  readonly id: string;
  /** It must not exist yet. */
  readonly isNew: boolean;
  /** The attributes as they are now; none for a new endpoint. */
  readonly present: GivenAttributes;
  /** The changed attributes; null restores a default. */
  readonly change: GivenAttributes;
}

export async function endpointIssues(
  connection: Pick<Connection, 'configTable' | 'configWriter'>,
  { id, isNew, present, change }: CheckedEndpoint,
): Promise<InputIssue[]> {
  const changed = Object.entries({ ...present, ...change }).filter(([, value]) => value !== null);
  const attributes = Object.fromEntries(changed);
  const checks = await Promise.all([
    issuesOf(async () => void checkAttributes(endpointSchema, { ...attributes, id })),
    issuesOf(() => checkExpressions(change)),
    issuesOf(() => checkSources(connection, change)),
    isNew ? takenIssue(connection, id) : [],
  ]);
  return checks.flat();
}

async function takenIssue(
  { configWriter }: Pick<Connection, 'configWriter'>,
  id: string,
): Promise<InputIssue[]> {
  const isTaken = canBeRowId(id) && (await configWriter.row('endpoint', id)) !== undefined;
  return isTaken ? [{ attribute: 'id', problem: 'must be new: there is an endpoint with this name' }] : [];
}

async function issuesOf(check: () => Promise<void>): Promise<readonly InputIssue[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues;
    throw error;
  }
}
