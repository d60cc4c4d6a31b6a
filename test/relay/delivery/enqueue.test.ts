import { describe, expect, it, vi } from 'vitest';
import { enqueue } from '../../../lib/relay/delivery/enqueue.ts';
import type { DeliveryMessage } from '../../../lib/relay/ports/queues.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { anEndpointId, anEventId, anOrderKey } from '../../ports/builders.ts';

const message = (): DeliveryMessage => ({
  orderKey: anOrderKey(),
  eventId: anEventId(),
  endpointId: anEndpointId('erp'),
  delaySeconds: 5,
});

function setUp(unsent: readonly DeliveryMessage[] = []) {
  const telemetry = new MemoryTelemetry();
  const deliveryQueue = { send: vi.fn(async () => [...unsent]) };
  return { telemetry, deliveryQueue };
}

describe('enqueue', () => {
  it('sends the messages and logs nothing', async () => {
    const context = setUp();
    const messages = [message(), message()];

    await enqueue(context, messages);

    expect(context.deliveryQueue.send.mock.calls).toEqual([[messages]]);
    expect(context.telemetry.log).toEqual([]);
  });

  it('does not call the queue without messages', async () => {
    const context = setUp();

    await enqueue(context, []);

    expect(context.deliveryQueue.send).not.toHaveBeenCalled();
  });

  it('logs how many messages could not be sent', async () => {
    const context = setUp([message()]);

    await enqueue(context, [message(), message()]);

    expect(context.telemetry.log).toMatchObject([{ level: 'error', fields: { deliveries: 1 } }]);
  });
});
