/** Counts the deliveries that wait for an endpoint, and reads the oldest of them. */
import type { Delivery, DeliveryKey } from '../../relay/model/delivery.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import type { BoundedCount } from '../deliveries/delivery-counts.ts';

export interface Waiting {
  readonly count: BoundedCount;
  /** The rows of the oldest events among the counted ones, at most {@link OLDEST}. */
  readonly oldest: readonly Delivery[];
}

/** Counting stops here. */
const COUNT_LIMIT = 1_000;
/** A resent event waits since it was resent, so the oldest event does not always wait the longest. */
const OLDEST = 10;

export async function waitingFor(
  { eventReader }: Pick<Connection, 'eventReader'>,
  id: EndpointId,
): Promise<Waiting> {
  const keys: DeliveryKey[] = [];
  let isMore = false;
  for await (const item of eventReader.owed([id], { dueSince: new Date(0), pageSize: COUNT_LIMIT + 1 })) {
    isMore = keys.length === COUNT_LIMIT;
    if (isMore) break;
    if (item.kind === 'delivery') keys.push(item);
  }
  const oldest = keys.toSorted((one, other) => (one.eventId < other.eventId ? -1 : 1)).slice(0, OLDEST);
  return {
    count: { count: keys.length, isMore },
    oldest: oldest.length === 0 ? [] : await eventReader.deliveriesOf(oldest),
  };
}
