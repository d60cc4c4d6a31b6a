/** Asks an endpoint's filter about a delivery that was written down before it could be asked. */
import type { Delivery } from './delivery.ts';
import { readContent, readEvents } from './delivery-reads.ts';
import type { Endpoint } from './endpoint.ts';
import type { SendingRelay } from './relay.ts';
import { settle } from './settle.ts';
import { FILTERED, wants } from './wants.ts';

/**
 * `wanted`: its row says so by now, and it takes its turn like any other. `settled`: it is skipped, or there is nothing
 * left to ask about, and it has taken nobody's place. `later`: it is not known yet, or another one is at it.
 */
export type Decision = 'wanted' | 'settled' | 'later';

export async function decide(relay: SendingRelay, endpoint: Endpoint, delivery: Delivery): Promise<Decision> {
  const { event, newerMayBeSent } = await readEvents(relay, delivery);
  // Fan-out may be sending a newer one of which there is no row to tell; it, or sweep, comes back to this one.
  if (endpoint.ordering === 'latest' && newerMayBeSent !== undefined) return 'later';
  const content = await readContent(relay, endpoint, delivery, event);
  if ('missing' in content)
    return (await settle(relay, delivery, 'dead', content.missing)) ? 'settled' : 'later';
  if (!(await wants(relay, endpoint, content.event, content.payload)))
    return (await settle(relay, delivery, 'skipped', FILTERED)) ? 'settled' : 'later';
  const unchanged = { state: 'pending', leaseId: delivery.leaseId } as const;
  return (await relay.eventLog.updateDelivery(delivery, unchanged, { undecided: null })) ? 'wanted' : 'later';
}
