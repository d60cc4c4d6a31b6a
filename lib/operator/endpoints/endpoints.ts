/** Adds, changes, lists and removes endpoints. */
import { type Endpoint, endpointSchema } from '../../relay/endpoint/endpoint.ts';
import type { Health } from '../../relay/health/health.ts';
import { checkAttributes } from '../attributes.ts';
import { canBeRowId, idOf, type ListedRow, listRows, toListedRows } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { AlreadyExistsError, InvalidInputError, NotFoundError } from '../errors.ts';
import { clearHealth, readHealth } from './endpoint-health.ts';
import { type MaskedEndpoint, maskEndpoint } from './masked-endpoint.ts';

/** Unvalidated attributes of an endpoint, by their names in the row. */
export type GivenAttributes = Readonly<Record<string, unknown>>;

/** An endpoint's row, or why it is invalid; and its health, if the functions have written one. */
export type ListedEndpoint = ListedRow<MaskedEndpoint> & { readonly health?: Health };

/** Attributes without a default. */
const REQUIRED_ATTRIBUTES = ['id', 'url'];

/**
 * Adds an endpoint. The row contains no defaults, so a changed default also applies to it.
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

export async function listEndpoints(
  connection: Pick<Connection, 'clock' | 'configTable'>,
): Promise<ListedEndpoint[]> {
  const [endpoints, health] = await Promise.all([
    listRows(connection, 'endpoint', endpointSchema),
    readHealth(connection),
  ]);
  return endpoints.map((endpoint) => withHealth(endpoint, health));
}

/** @throws NotFoundError */
export async function showEndpoint(
  connection: Pick<Connection, 'clock' | 'configTable' | 'configWriter'>,
  id: string,
): Promise<ListedEndpoint> {
  if (!canBeRowId(id)) throw new NotFoundError('endpoint', id);
  const [row, health] = await Promise.all([
    connection.configWriter.row('endpoint', id),
    readHealth(connection),
  ]);
  const [endpoint] = toListedRows(row === undefined ? [] : [row], endpointSchema);
  if (endpoint === undefined) throw new NotFoundError('endpoint', id);
  return withHealth(endpoint, health);
}

function withHealth(endpoint: ListedRow<Endpoint>, all: ReadonlyMap<string, Health>): ListedEndpoint {
  const health = all.get(idOf(endpoint));
  const shown = 'valid' in endpoint ? { valid: maskEndpoint(endpoint.valid) } : endpoint;
  return { ...shown, ...(health !== undefined && { health }) };
}

/**
 * Changes the given attributes; null restores a default.
 *
 * @param given the attributes, or a function that computes them from the row's attributes
 * @throws InvalidInputError when the changed row would be invalid, also because of another attribute
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
  checkUnset(attributes, Object.keys(row.attributes));
  const change = { ...attributes, updatedAt: clock.now().toISOString() };
  const changed = Object.entries({ ...row.attributes, ...change }).filter(([, value]) => value !== null);
  const endpoint = checkAttributes(endpointSchema, { ...Object.fromEntries(changed), id });
  if (!(await configWriter.change('endpoint', id, change))) throw new NotFoundError('endpoint', id);
  return maskEndpoint(endpoint);
}

export const STATE_COMMANDS = ['pause', 'resume', 'disable', 'enable'] as const;
export type StateCommand = (typeof STATE_COMMANDS)[number];

const STATE_AFTER = {
  pause: 'paused',
  resume: 'enabled',
  disable: 'disabled',
  enable: 'enabled',
} as const satisfies Record<StateCommand, Endpoint['state']>;

export interface StateChange {
  readonly endpoint: MaskedEndpoint;
  /** The health that the command cleared. */
  readonly cleared?: Health;
  /** Whether an operator or the relay had disabled the endpoint, so that deliveries to it were cancelled. */
  readonly wasDisabled: boolean;
}

/**
 * Sets an endpoint's state. `resume` and `enable` also clear its health when it is failing or disabled. `enable` clears
 * a count of failures or of refusals, too.
 *
 * @throws NotFoundError
 * @throws InvalidInputError when another attribute of the row is invalid
 */
export async function changeState(
  connection: Pick<Connection, 'configTable' | 'configWriter' | 'clock'>,
  id: string,
  command: StateCommand,
): Promise<StateChange> {
  let stateBefore: unknown;
  const endpoint = await changeEndpoint(connection, id, (present) => {
    stateBefore = present.state;
    return { state: STATE_AFTER[command] };
  });
  const cleared = await clearHealthFor(connection, endpoint, command);
  const wasDisabled = stateBefore === 'disabled' || cleared?.state === 'disabled';
  return { endpoint, wasDisabled, ...(cleared !== undefined && { cleared }) };
}

function clearHealthFor(
  connection: Pick<Connection, 'configTable' | 'clock'>,
  endpoint: Endpoint,
  command: StateCommand,
): Promise<Health | undefined> {
  switch (command) {
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
        ({ health }) =>
          health.state !== 'ok' || health.consecutiveFailures > 0 || health.refusedOrders !== undefined,
      );
  }
}

/** An attribute can be unset if the schema has it, or if the row has it. */
function checkUnset(attributes: GivenAttributes, present: readonly string[]): void {
  const known = [...Object.keys(endpointSchema.shape), ...present];
  const issues = Object.entries(attributes).flatMap(([attribute, value]) => {
    if (value !== null) return [];
    if (REQUIRED_ATTRIBUTES.includes(attribute)) return [{ attribute, problem: 'has no default' }];
    return known.includes(attribute) ? [] : [{ attribute, problem: 'is not an attribute of an endpoint' }];
  });
  if (issues.length > 0) throw new InvalidInputError(issues);
}

/**
 * Removes an endpoint. Sweep cancels its pending deliveries.
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
