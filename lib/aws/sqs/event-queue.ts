/** The EventQueue port over a FIFO queue of SQS: one message group per order. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { EventKey } from '../../relay/model/event.ts';
import type { EventMessage, EventQueue } from '../../relay/ports/queues.ts';
import { type QueueOptions, sendBatches } from './batches.ts';
import { eventMessageBody, messageGroupOf } from './messages.ts';

/** Sweep enqueues a stored event again within two minutes, so a lost message is not worth a longer wait. */
const STORED_LIMIT_MS = 1_000;
/** An event that only the queue holds is worth the wait. */
const UNSTORED_LIMIT_MS = 4_000;

export class SqsEventQueue implements EventQueue {
  readonly #queue: QueueOptions;

  constructor(queue: QueueOptions) {
    this.#queue = queue;
  }

  /** The event id is the deduplication id: SQS merges two sends of one event within five minutes. */
  async send(message: EventMessage): Promise<void> {
    const { client, queueUrl } = this.#queue;
    const limitMs = message.fullEvent === undefined ? STORED_LIMIT_MS : UNSTORED_LIMIT_MS;
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageGroupId: messageGroupOf(message.orderKey),
        MessageDeduplicationId: message.eventId,
        MessageBody: await eventMessageBody(message),
      }),
      { abortSignal: AbortSignal.timeout(limitMs) },
    );
  }

  /** Uses new deduplication ids: SQS drops the original one for five minutes. */
  async enqueueAgain(messages: readonly EventKey[]): Promise<EventKey[]> {
    const ready = await Promise.all(
      messages.map(async (message) => ({ message, body: await eventMessageBody(message) })),
    );
    const failed = await sendBatches(this.#queue, ready, ({ message, body }) => ({
      MessageGroupId: messageGroupOf(message.orderKey),
      MessageDeduplicationId: `${message.eventId}-${randomUUID()}`,
      MessageBody: body,
    }));
    return failed.map(({ message }) => message);
  }
}
