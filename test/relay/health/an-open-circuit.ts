/** Relays whose endpoint fails, and the events that it gets meanwhile. */
import type { EventId } from '../../../lib/relay/model/ids.ts';
import { aRelay } from '../a-relay.ts';

export type ARelay = ReturnType<typeof aRelay>;

/** A relay whose endpoint `erp` has an open circuit, with a probe due in a minute. */
export function withOpenCircuit(): ARelay {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none' });
  relay.health('erp', {
    state: 'failing',
    reason: '5 failures in a row: status 503',
    provenAt: relay.clock.now().toISOString(),
    consecutiveFailures: 5,
    failingSince: relay.clock.now().toISOString(),
    retryAt: new Date(relay.clock.now().getTime() + 60_000).toISOString(),
    probeIntervalSeconds: 60,
    version: 1,
  });
  return relay;
}

/** Events of as many orders, fanned out. */
export async function fannedOut(relay: ARelay, count: number, prefix = 'o'): Promise<EventId[]> {
  const ids: EventId[] = [];
  for (let n = 0; n < count; n++) ids.push(await relay.accepted({ Id: `${prefix}${n}` }));
  await relay.fanOut();
  return ids;
}
