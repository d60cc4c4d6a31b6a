/** Stores events and deliveries as the functions do. */
import { randomUUID } from 'node:crypto';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import { after } from '../../lib/relay/model/clock.ts';
import type { Delivery } from '../../lib/relay/model/delivery.ts';
import type { EventRecord, Outcomes, Payload } from '../../lib/relay/model/event.ts';
import { aliasKeyOf, nextEventId, orderKeyOf, sha256Hex } from '../../lib/relay/model/ids.ts';
import { aDelivery, anEndpointId, aPayload } from '../ports/builders.ts';
import type { TablesOnlyRelay } from './tables-only-relay.ts';

export function storedEvents(relay: () => Pick<TablesOnlyRelay, 'connection' | 'put'>) {
  return {
    /** A new source for each test, because the EventLog table is never cleared. */
    async aSource() {
      const source = sourceIdSchema.parse(randomUUID());
      await relay().put('source', source, { tokenSha256: sha256Hex(source) });
      return source;
    },

    /** A new event, stored. */
    async stored(parts: Partial<EventRecord> & Pick<EventRecord, 'source'>, payload?: Payload) {
      const { clock, eventLog } = relay().connection;
      const { orderId } = parts;
      const orderKey = orderKeyOf(parts.source, orderId ?? randomUUID());
      const eventId = nextEventId(clock, Math.random, await eventLog.newestEventId(orderKey));
      const event: EventRecord = { orderKey, eventId, receivedAt: clock.now(), ...parts };
      await eventLog.putPayload(event, payload ?? aPayload());
      await eventLog.putEvent(event, after(clock.now(), 60_000));
      if (event.niceId !== undefined)
        await eventLog.putAlias({
          aliasKey: aliasKeyOf(event.source, event.niceId),
          orderKey,
          id: event.niceId,
          seenAt: event.receivedAt,
        });
      return event;
    },

    fannedOut(event: EventRecord, outcomes: Outcomes, changes: EventRecord['changes'] = []) {
      const fannedOutAt = after(event.receivedAt, 143);
      // As fan-out decides it: a cancelled outcome without a row.
      const cancelledFor = Object.entries(outcomes).flatMap(([id, { state, reason }]) =>
        state === 'cancelled' && reason === 'endpoint-disabled' ? [anEndpointId(id)] : [],
      );
      const result = { outcomes, changes, fannedOutAt, cancelledFor };
      return relay().connection.eventLog.finishFanOut(event, result);
    },

    /** A pending delivery with two failed attempts. */
    async owed({ orderKey, eventId, receivedAt }: EventRecord, parts: Partial<Delivery> = {}) {
      const attempts = [
        { at: receivedAt, durationMs: 20, status: 503, answer: 'busy\u001b[2J' },
        { at: receivedAt, durationMs: 10_000, error: 'timeout after 10 s' },
      ];
      const delivery = aDelivery({ orderKey, eventId, attempts, attemptCount: 2, ...parts });
      await relay().connection.eventLog.putDeliveryIfAbsent(delivery);
      return delivery;
    },
  };
}
