/** The state of endpoints with the counts of their deliveries, without the sample of the newest webhooks. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import { idOf } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { knownEndpointIds } from '../deliveries/known-endpoints.ts';
import { type ListedEndpoint, listEndpoints, showEndpoint } from '../endpoints/endpoints.ts';
import { NotFoundError } from '../errors.ts';
import { readSample } from './delivery-sample.ts';
import { type EndpointStatus, endpointStatuses } from './endpoint-status.ts';
import type { StatusConnection } from './status-connection.ts';

/** Without an `ordering` when the row is invalid or was removed. */
export type ListedStatus = Omit<EndpointStatus, 'sample'> & { readonly ordering?: Endpoint['ordering'] };

/** By id. Removed endpoints are listed while a delivery to them waits or needs attention. */
export async function listEndpointStatuses(connection: StatusConnection): Promise<ListedStatus[]> {
  const [listed, known] = await Promise.all([listEndpoints(connection), knownEndpointIds(connection)]);
  return statusesOf(connection, listed, known);
}

export interface EndpointWithStatus {
  readonly status: ListedStatus;
  /** Absent when the endpoint was removed. */
  readonly row?: ListedEndpoint;
}

/** @throws NotFoundError when there is neither such an endpoint nor a delivery of a removed one that needs attention */
export async function showEndpointStatus(
  connection: StatusConnection & Pick<Connection, 'configWriter'>,
  id: string,
): Promise<EndpointWithStatus> {
  const row = await rowOf(connection, id);
  const endpointId = endpointIdSchema.safeParse(id).data;
  const known = new Set(endpointId === undefined ? [] : [endpointId]);
  const [status] = await statusesOf(connection, row === undefined ? [] : [row], known);
  if (status === undefined) throw new NotFoundError('endpoint', id);
  return { status, ...(row !== undefined && { row }) };
}

async function rowOf(
  connection: Pick<Connection, 'clock' | 'configTable' | 'configWriter'>,
  id: string,
): Promise<ListedEndpoint | undefined> {
  try {
    return await showEndpoint(connection, id);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

async function statusesOf(
  connection: StatusConnection,
  listed: readonly ListedEndpoint[],
  known: ReadonlySet<EndpointId>,
): Promise<ListedStatus[]> {
  const sample = await readSample(connection, [], []);
  const orderings = new Map(
    listed.flatMap((row) => ('valid' in row ? [[idOf(row), row.valid.ordering] as const] : [])),
  );
  const statuses = await endpointStatuses(connection, { listed, known, sample });
  return statuses.map(({ sample: _, ...status }) => {
    const ordering = orderings.get(status.id);
    return { ...status, ...(ordering !== undefined && { ordering }) };
  });
}
