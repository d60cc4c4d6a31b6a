/** The DeliveryQueue port over a standard SQS queue. Each endpoint is a message group, as SQS's fair queues require. */
import type { DeliveryMessage, DeliveryQueue } from '../../relay/ports/queues.ts';
import { type QueueOptions, sendBatches } from './batches.ts';
import { deliveryMessageBody, messageGroupOf } from './messages.ts';

export class SqsDeliveryQueue implements DeliveryQueue {
  readonly #queue: QueueOptions;

  constructor(queue: QueueOptions) {
    this.#queue = queue;
  }

  send(messages: readonly DeliveryMessage[]): Promise<DeliveryMessage[]> {
    return sendBatches(this.#queue, messages, (message) => ({
      MessageGroupId: messageGroupOf(message.endpointId),
      DelaySeconds: message.delaySeconds,
      MessageBody: deliveryMessageBody(message),
    }));
  }
}
