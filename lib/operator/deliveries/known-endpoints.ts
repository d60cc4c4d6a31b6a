/** The endpoints whose deliveries can be listed: those with a row, and removed ones that still have deliveries. */
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import { canBeRowId } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';

/** Endpoint rows, and health rows: the health row of a removed endpoint stays while a delivery needs attention. */
export async function knownEndpointIds({
  configTable,
}: Pick<Connection, 'configTable'>): Promise<Set<EndpointId>> {
  const rows = await Promise.all([configTable.rows('endpoint'), configTable.rows('health')]);
  return new Set(rows.flat().flatMap(({ id }) => endpointIdSchema.safeParse(id).data ?? []));
}

/** @throws NotFoundError when there is neither such an endpoint nor a delivery to a removed one */
export async function findEndpointId(
  connection: Pick<Connection, 'configTable' | 'eventReader'>,
  text: string,
): Promise<EndpointId> {
  const id = endpointIdSchema.safeParse(text).data;
  if (id !== undefined && canBeRowId(id)) {
    if ((await knownEndpointIds(connection)).has(id)) return id;
    if (await hasDeliveries(connection, id)) return id;
  }
  throw new NotFoundError('endpoint', text);
}

async function hasDeliveries(
  { eventReader }: Pick<Connection, 'eventReader'>,
  id: EndpointId,
): Promise<boolean> {
  const all = { since: new Date(0), pageSize: 1 };
  for (const keys of [eventReader.deliveryKeys(id, all), eventReader.cancelledEventKeys([id], all)])
    for await (const _ of keys) return true;
  return false;
}
