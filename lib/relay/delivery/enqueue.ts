/** Sends messages to deliver. A message that cannot be sent costs a minute or two, for sweep finds the row. */

import type { SendingContext } from '../context.ts';
import type { DeliveryMessage } from '../ports/queues.ts';

export async function enqueue(
  { deliveryQueue, telemetry }: Pick<SendingContext, 'deliveryQueue' | 'telemetry'>,
  messages: readonly DeliveryMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const unsent = await deliveryQueue.send(messages);
  if (unsent.length > 0)
    telemetry.warn('messages to deliver could not be sent; sweep finds the deliveries', {
      deliveries: unsent.length,
    });
}
