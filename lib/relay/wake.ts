/** Wakes deliver. A wake-up that cannot be sent costs a minute or two, for sweep finds what is owed. */
import type { DeliveryMessage } from './ports.ts';
import type { SendingRelay } from './relay.ts';

export async function wake(
  { deliveryQueue, telemetry }: Pick<SendingRelay, 'deliveryQueue' | 'telemetry'>,
  messages: readonly DeliveryMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const unsent = await deliveryQueue.send(messages);
  if (unsent.length > 0)
    telemetry.warn('deliver could not be woken; sweep will', { deliveries: unsent.length });
}
