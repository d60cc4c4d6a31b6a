/** The DeliveryQueue port over a standard queue of SQS, with an endpoint's messages as one of its fair queues' groups. */
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
