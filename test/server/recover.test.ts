import { beforeEach, describe, expect, it } from 'vitest';
import { endpointIdSchema } from '../../lib/relay/endpoint/endpoint-id.ts';
import type { EventKey } from '../../lib/relay/model/event.ts';
import { recoverDeliveries, recoverEvents, releaseLocks } from '../../lib/server/recover.ts';
import { anEvent, aPayload, aPendingDelivery } from '../ports/builders.ts';
import { aRelay } from '../relay/a-relay.ts';

const ERP = endpointIdSchema.parse('erp');
const MINUTE_MS = 60_000;

const inMinutes = (minutes: number) => new Date(relay.clock.now().getTime() + minutes * MINUTE_MS);

let relay: ReturnType<typeof aRelay>;
let recovered: EventKey[];
beforeEach(() => {
  relay = aRelay();
  relay.endpoint('erp');
  recovered = [];
});

function context() {
  const { clock, config, eventLog, deliveryQueue } = relay;
  return {
    ...{ clock, config, eventLog, deliveryQueue },
    eventQueue: { recover: (keys: readonly EventKey[]) => recovered.push(...keys) },
  };
}

/** Stores an event that waits for fan-out. */
async function store(): Promise<EventKey> {
  const event = anEvent();
  await relay.eventLog.putPayload(event, aPayload());
  await relay.eventLog.putEvent(event, inMinutes(2));
  return event;
}

describe('the events that a start finds', () => {
  it('are all that wait for fan-out, also those that were accepted just before', async () => {
    const events = [await store(), await store(), await store()];

    await recoverEvents(context());

    expect(new Set(recovered.map(({ eventId }) => eventId))).toEqual(
      new Set(events.map(({ eventId }) => eventId)),
    );
  });

  it('leave out those that are fanned out', async () => {
    const event = await store();
    await relay.eventLog.finishFanOut(event, { changes: [], outcomes: {}, fannedOutAt: relay.clock.now() });

    await recoverEvents(context());

    expect(recovered).toEqual([]);
  });
});

describe('the deliveries that a start finds', () => {
  it('are enqueued for their own times', async () => {
    const nextAttemptAt = inMinutes(5);
    const dueAt = inMinutes(6);
    const { orderKey, eventId, endpointId } = aPendingDelivery({ endpointId: ERP, nextAttemptAt, dueAt });
    await relay.eventLog.putDeliveryIfAbsent(
      aPendingDelivery({ orderKey, eventId, endpointId, nextAttemptAt, dueAt }),
    );

    await recoverDeliveries(context());

    expect(relay.deliveryQueue.take()).toEqual([]);
    relay.clock.advance(5 * MINUTE_MS);
    expect(relay.deliveryQueue.take()).toMatchObject([{ orderKey, eventId, endpointId, delaySeconds: 300 }]);
  });

  it('leave a later retry to sweep', async () => {
    const nextAttemptAt = inMinutes(30);
    await relay.eventLog.putDeliveryIfAbsent(
      aPendingDelivery({ endpointId: ERP, nextAttemptAt, dueAt: nextAttemptAt }),
    );

    await recoverDeliveries(context());
    relay.clock.advance(30 * MINUTE_MS);

    expect(relay.deliveryQueue.take()).toEqual([]);
  });
});

describe('the locks that a dead process held', () => {
  it('are free after a start', async () => {
    const lockedUntil = inMinutes(1).toISOString();
    relay.health('erp', { state: 'ok', version: 1, lockId: 'dead', lockedUntil });

    await releaseLocks(context());

    expect(relay.config.health.row(ERP)).not.toHaveProperty('lockId');
    expect((await relay.configTable.healthRow(ERP))?.attributes).not.toHaveProperty('lockId');
  });
});
