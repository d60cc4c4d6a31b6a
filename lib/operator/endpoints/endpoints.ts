/** What an operator does with endpoints: the URLs that get the webhooks. */
import { type Endpoint, endpointSchema } from '../../relay/endpoint/endpoint.ts';
import type { Health } from '../../relay/health/health.ts';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import { AlreadyExistsError, InvalidInputError, NotFoundError } from '../errors.ts';
import { idOf, type Listed, listed, listRows } from '../listing.ts';
import { canBeRowId } from '../row-id.ts';
import { clearHealth, readHealth } from './endpoint-health.ts';
import { type MaskedEndpoint, maskEndpoint } from './masked-endpoint.ts';

/** An endpoint's attributes by their names in the row, as they were given: they are checked before they are written. */
export type GivenAttributes = Readonly<Record<string, unknown>>;

/** An endpoint's row, or what is wrong with it; and its health once it was sent or owed something. */
export type ListedEndpoint = Listed<MaskedEndpoint> & { readonly health?: Health };

/** Of an endpoint that is there, these cannot be taken away. */
const ESSENTIAL = ['id', 'url'];

/**
 * Adds an endpoint. The row holds what was given and no defaults, so that a better default reaches it, too.
 *
 * @throws InvalidInputError
 * @throws AlreadyExistsError
 */
export async function addEndpoint(
  { configWriter, clock }: Pick<Connection, 'configWriter' | 'clock'>,
  id: string,
  attributes: GivenAttributes,
): Promise<MaskedEndpoint> {
  const now = clock.now().toISOString();
  const row = { ...attributes, createdAt: now, updatedAt: now };
  const endpoint = checkAttributes(endpointSchema, { ...row, id });
  if (!(await configWriter.add('endpoint', id, row))) throw new AlreadyExistsError('endpoint', id);
  return maskEndpoint(endpoint);
}

export async function listEndpoints(connection: Pick<Connection, 'configTable'>): Promise<ListedEndpoint[]> {
  const [endpoints, health] = await Promise.all([
    listRows(connection, 'endpoint', endpointSchema),
    readHealth(connection),
  ]);
  return endpoints.map((endpoint) => withHealth(endpoint, health));
}

/** @throws NotFoundError */
export async function showEndpoint(
  connection: Pick<Connection, 'configTable' | 'configWriter'>,
  id: string,
): Promise<ListedEndpoint> {
  if (!canBeRowId(id)) throw new NotFoundError('endpoint', id);
  const [row, health] = await Promise.all([
    connection.configWriter.row('endpoint', id),
    readHealth(connection),
  ]);
  const [endpoint] = listed(row === undefined ? [] : [row], endpointSchema);
  if (endpoint === undefined) throw new NotFoundError('endpoint', id);
  return withHealth(endpoint, health);
}

function withHealth(endpoint: Listed<Endpoint>, all: ReadonlyMap<string, Health>): ListedEndpoint {
  const health = all.get(idOf(endpoint));
  const shown = 'valid' in endpoint ? { valid: maskEndpoint(endpoint.valid) } : endpoint;
  return { ...shown, ...(health !== undefined && { health }) };
}

/**
 * Changes what is named and nothing else; null puts a default back.
 *
 * @param given the attributes, or what makes them of those that the row has now
 * @throws InvalidInputError when the row would be wrong afterwards, be it for an attribute that was wrong before
 * @throws NotFoundError
 */
export async function changeEndpoint(
  { configWriter, clock }: Pick<Connection, 'configWriter' | 'clock'>,
  id: string,
  given: GivenAttributes | ((present: GivenAttributes) => GivenAttributes),
): Promise<MaskedEndpoint> {
  const row = canBeRowId(id) ? await configWriter.row('endpoint', id) : undefined;
  if (row === undefined) throw new NotFoundError('endpoint', id);
  const attributes = typeof given === 'function' ? given(row.attributes) : given;
  refuseUnset(attributes, Object.keys(row.attributes));
  const change = { ...attributes, updatedAt: clock.now().toISOString() };
  const changed = Object.entries({ ...row.attributes, ...change }).filter(([, value]) => value !== null);
  const endpoint = checkAttributes(endpointSchema, { ...Object.fromEntries(changed), id });
  if (!(await configWriter.change('endpoint', id, change))) throw new NotFoundError('endpoint', id);
  return maskEndpoint(endpoint);
}

/** What a person does with an endpoint as a whole. */
export const DEEDS = ['pause', 'resume', 'disable', 'enable'] as const;
export type Deed = (typeof DEEDS)[number];

const STATE_AFTER = { pause: 'paused', resume: 'enabled', disable: 'disabled', enable: 'enabled' } as const satisfies Record<
  Deed,
  Endpoint['state']
>;

export interface StateChange {
  readonly endpoint: MaskedEndpoint;
  /** What had been wrong with it and is forgotten now. */
  readonly cleared?: Health;
}

/**
 * Pauses an endpoint, or ends the pause; turns it off, or on. Whoever resumes or enables one has mended it: a circuit
 * that is open or that has been given up is closed again. To enable goes further and forgets every failure; to resume
 * leaves a drain that is under way as it is.
 *
 * @throws NotFoundError
 * @throws InvalidInputError when the row is wrong in some other respect
 */
export async function changeState(
  connection: Pick<Connection, 'configTable' | 'configWriter' | 'clock'>,
  id: string,
  deed: Deed,
): Promise<StateChange> {
  const endpoint = await changeEndpoint(connection, id, { state: STATE_AFTER[deed] });
  const cleared = await clearedBy(connection, endpoint, deed);
  return { endpoint, ...(cleared !== undefined && { cleared }) };
}

function clearedBy(
  connection: Pick<Connection, 'configTable' | 'clock'>,
  endpoint: Endpoint,
  deed: Deed,
): Promise<Health | undefined> {
  switch (deed) {
    case 'pause':
    case 'disable':
      return Promise.resolve(undefined);
    case 'resume':
      return clearHealth(
        connection,
        endpoint,
        ({ health }) => health.state === 'failing' || health.state === 'disabled',
      );
    case 'enable':
      return clearHealth(
        connection,
        endpoint,
        ({ health }) => health.state !== 'ok' || health.consecutiveFailures > 0,
      );
  }
}

/** What stands in the row can be taken out of it, even what the functions do not know. */
function refuseUnset(attributes: GivenAttributes, present: readonly string[]): void {
  const known = [...Object.keys(endpointSchema.shape), ...present];
  const issues = Object.entries(attributes).flatMap(([attribute, value]) => {
    if (value !== null) return [];
    if (ESSENTIAL.includes(attribute)) return [{ attribute, problem: 'has no default' }];
    return known.includes(attribute) ? [] : [{ attribute, problem: 'is no attribute of an endpoint' }];
  });
  if (issues.length > 0) throw new InvalidInputError(issues);
}

/**
 * Its pending deliveries are cancelled by sweep.
 *
 * @throws NotFoundError
 */
export async function removeEndpoint(
  { configWriter }: Pick<Connection, 'configWriter'>,
  id: string,
): Promise<void> {
  if (!canBeRowId(id) || !(await configWriter.remove('endpoint', id)))
    throw new NotFoundError('endpoint', id);
}
