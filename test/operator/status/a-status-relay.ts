/** A relay in memory whose status is read. */

import { after } from '../../../lib/relay/model/clock.ts';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import type { EventRecord, Outcomes } from '../../../lib/relay/model/event.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import type { DeadLetters } from '../../../lib/relay/ports/operator.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { MemoryConfigTable } from '../../memory/config-table.ts';
import { MemoryDeadLetters } from '../../memory/dead-letters.ts';
import { MemoryEventLog } from '../../memory/event-log.ts';
import { MemoryEventReader } from '../../memory/event-reader.ts';
import { MemoryDeliveryQueue, MemoryEventQueue } from '../../memory/queues.ts';
import { aDelivery, anEvent, anEventId, aSource } from '../../ports/builders.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;

export function aStatusRelay({ silenceHours }: { readonly silenceHours?: number } = {}) {
  const clock = new MemoryClock();
  const eventLog = new MemoryEventLog(clock);
  const configTable = new MemoryConfigTable();
  const deadLetters = { events: new MemoryDeadLetters(clock), deliveries: new MemoryDeadLetters(clock) };
  const ago = (ms: number) => after(clock.now(), -ms);
  return {
    clock,
    eventLog,
    configTable,
    deadLetters,
    eventReader: new MemoryEventReader(eventLog),
    relay: {
      title: 'a relay in memory',
      webhookBaseAddress: 'https://relay.example/webhooks/',
      ...(silenceHours !== undefined && { silenceHours }),
    },
    queues: async () => ({
      eventQueue: new MemoryEventQueue(clock),
      deliveryQueue: new MemoryDeliveryQueue(clock),
      deadLetters: deadLetters satisfies Record<string, DeadLetters>,
    }),
    ago,

    /** An event that was received so long ago; fanned out after 100 ms if it has outcomes. */
    async received(agoMs: number, outcomes?: Outcomes, parts: Partial<EventRecord> = {}) {
      const receivedAt = ago(agoMs);
      const { source = aSource } = parts;
      const eventId = anEventId(new MemoryClock(receivedAt));
      const event = anEvent({ receivedAt, eventId, orderKey: orderKeyOf(source, eventId), source, ...parts });
      await eventLog.putEvent(event, receivedAt);
      if (outcomes !== undefined)
        await eventLog.finishFanOut(event, { changes: [], outcomes, fannedOutAt: after(receivedAt, 100) });
      return event;
    },

    async withRow({ orderKey, eventId }: EventRecord, parts: Partial<DeliveryAttributes> = {}) {
      await eventLog.putDeliveryIfAbsent(aDelivery({ orderKey, eventId, ...parts }));
    },
  };
}
