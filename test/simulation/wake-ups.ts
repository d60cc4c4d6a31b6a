/** The queues as a process sees them. Adapts ports; checks that sweep wakes only what it may. */

import type { RelayContext } from '../../lib/relay/context.ts';
import type { DeliveryKey } from '../../lib/relay/model/delivery.ts';
import type { EventId } from '../../lib/relay/model/ids.ts';
import type { EventMessage } from '../../lib/relay/ports/queues.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { Faults } from './faults.ts';
import { wakeUpId } from './ports.ts';
import type { Process } from './process.ts';
import type { SimulatedQueue } from './queue.ts';

/** More messages than this for a delivery whose row has expired: it spins. */
const WAKES_OF_EXPIRED_AT_MOST = 30;

export interface QueueWorld {
  readonly faults: Faults;
  readonly eventLog: MemoryEventLog;
  readonly events: SimulatedQueue<EventMessage>;
  readonly deliveries: SimulatedQueue<DeliveryKey>;
  /** Events of which a message carried the whole. */
  readonly onQueue: Set<EventId>;
  /** Messages for deliveries whose row has expired, by delivery. */
  readonly wakesOfExpired: Map<string, number>;
  readonly fail: (text: string) => void;
}

export function queuesOf(
  process: Process,
  world: QueueWorld,
): Pick<RelayContext, 'eventQueue' | 'deliveryQueue'> {
  const { faults, events, deliveries, onQueue, fail } = world;
  return {
    eventQueue: {
      send: (message) =>
        process.write('send', async () => {
          if (message.fullEvent !== undefined) onQueue.add(message.eventId);
          // A wake-up may be lost; an event that is nowhere else was promised to be kept.
          if (message.fullEvent !== undefined || !faults.strikes('message lost'))
            events.put(message, message.orderKey, 0);
        }),
      enqueueAgain: (messages) =>
        process.write('enqueueAgain', async () => {
          for (const message of messages) {
            checkWake(process, message, fail);
            if (!faults.strikes('message lost')) events.put({ ...message }, message.orderKey, 0);
          }
          return [];
        }),
    },
    deliveryQueue: {
      send: (messages) =>
        process.write('sendDeliveries', async () => {
          for (const { orderKey, eventId, endpointId, delaySeconds } of messages) {
            await checkNotSpinning(world, { orderKey, eventId, endpointId });
            if (faults.strikes('message lost')) continue;
            deliveries.put({ orderKey, eventId, endpointId }, undefined, delaySeconds * 1000);
          }
          return [];
        }),
    },
  };
}

/** Sweep wakes nothing but what it has moved on itself: else two sweeps, or a late index, would wake it for ever. */
function checkWake(
  process: Process,
  item: Parameters<typeof wakeUpId>[0],
  fail: (text: string) => void,
): void {
  if (process.name !== 'sweep' || process.moved.has(wakeUpId(item))) return;
  fail(`sweep woke ${wakeUpId(item)}, which is not as it was read`);
}

async function checkNotSpinning(
  { eventLog, wakesOfExpired, fail }: QueueWorld,
  key: DeliveryKey,
): Promise<void> {
  const id = wakeUpId(key);
  const hasRow = (await eventLog.deliveries(key.orderKey)).some((row) => wakeUpId(row) === id);
  if (hasRow) return;
  const wakes = (wakesOfExpired.get(id) ?? 0) + 1;
  wakesOfExpired.set(id, wakes);
  if (wakes === WAKES_OF_EXPIRED_AT_MOST + 1) fail(`${id} spins: its row has expired`);
}
