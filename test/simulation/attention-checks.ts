/** The lists under `attention#` hold exactly what a person has to look at. */
import { sourceOf } from '../../lib/relay/model/ids.ts';
import { wakeUpId } from './ports.ts';
import { orderKey, type RunWorld, SOURCE } from './run-world.ts';

export async function checkAttention(world: RunWorld): Promise<void> {
  const { eventLog, hub, fail } = world;
  const listed = new Set(
    eventLog
      .allOwed()
      .filter((item) => item.owedTo.startsWith('attention#') && item.kind === 'delivery')
      .filter((item) => sourceOf(item.orderKey) === SOURCE)
      .map((item) => `${item.owedTo} ${wakeUpId(item)}`),
  );
  for (const orderId of hub.orderIds) {
    for (const row of await eventLog.deliveries(orderKey(orderId))) {
      const needsPerson = row.state === 'dead' || row.state === 'cancelled';
      const isListed = listed.delete(`attention#${row.endpointId} ${wakeUpId(row)}`);
      if (needsPerson && !isListed) fail(`${wakeUpId(row)} is ${row.state}, and nobody is told`);
      if (!needsPerson && isListed) fail(`${wakeUpId(row)} needs no attention: it is ${row.state}`);
      if (row.state === 'cancelled') checkCancelled(row.endpointId, row.eventId, world);
    }
  }
  // A row that has expired for readers may still stand in the index.
  if (world.faults.countOf('rows expire soon') > 0) return;
  for (const item of listed) fail(`${item} needs attention, but has no row`);
}

/** Only what an endpoint is owed that was disabled or removed is cancelled. */
export function checkCancelled(endpointId: string, eventId: string, world: RunWorld): void {
  if (mayHaveCancelled(endpointId, world)) return;
  world.fail(`${eventId} is cancelled, but ${endpointId} was never disabled or removed`);
}

export function mayHaveCancelled(endpointId: string, { configTable, operator }: RunWorld): boolean {
  const health = configTable.during('health', endpointId, 0, Number.POSITIVE_INFINITY);
  return operator.wasAway.has(endpointId) || health.some(({ state }) => state === 'disabled');
}
