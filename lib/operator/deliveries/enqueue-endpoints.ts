/** Enqueues one message per endpoint with deliveries that have just become due. */
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';

/**
 * Sends each endpoint's message to deliver. One message serves all due deliveries of its endpoint.
 *
 * @param firstDue one due delivery of each endpoint
 * @returns false when there is nothing to send or a message could not be sent; sweep enqueues it within a minute then
 */
export async function enqueueEndpoints(
  connection: Pick<Connection, 'queues'>,
  firstDue: ReadonlyMap<EndpointId, DeliveryKey>,
): Promise<boolean> {
  if (firstDue.size === 0) return false;
  const { deliveryQueue } = await connection.queues();
  const messages = [...firstDue.values()].map(({ orderKey, eventId, endpointId }) => ({
    ...{ orderKey, eventId, endpointId },
    delaySeconds: 0,
  }));
  return (await deliveryQueue.send(messages)).length === 0;
}
