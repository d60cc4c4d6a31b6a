/** Enqueues deliveries for deliver. If a message cannot be sent, sweep finds the row a minute or two later. */

import type { SendingContext } from '../context.ts';
import type { DeliveryMessage } from '../ports/queues.ts';

export async function enqueue(
  { deliveryQueue, telemetry }: Pick<SendingContext, 'deliveryQueue' | 'telemetry'>,
  messages: readonly DeliveryMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const unsent = await deliveryQueue.send(messages);
  if (unsent.length > 0)
    telemetry.error(
      'deliveries could not be enqueued; sweep enqueues them',
      new Error('the queue did not accept their messages'),
      { deliveries: unsent.length },
    );
}
