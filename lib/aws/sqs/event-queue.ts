/** The EventQueue port over a FIFO queue of SQS: one message group per order. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { EventKey } from '../../relay/model/event.ts';
import type { EventMessage, EventQueue } from '../../relay/ports/queues.ts';
import { type QueueOptions, sendBatches } from './batches.ts';
import { eventMessageBody, messageGroupOf } from './messages.ts';

/** A lost wake-up costs a minute or two, for sweep finds the event: not worth a longer wait. */
const WAKE_LIMIT_MS = 1_000;
/** An event that is nowhere else is. */
const UNSTORED_LIMIT_MS = 4_000;

export class SqsEventQueue implements EventQueue {
  readonly #queue: QueueOptions;

  constructor(queue: QueueOptions) {
    this.#queue = queue;
  }

  /** Under the event's own id for deduplication: two sends of one event within five minutes are one message. */
  async send(message: EventMessage): Promise<void> {
    const { client, queueUrl } = this.#queue;
    const limitMs = message.fullEvent === undefined ? WAKE_LIMIT_MS : UNSTORED_LIMIT_MS;
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

  /** Under fresh deduplication ids: the first one would be swallowed for five minutes. */
  async sendAgain(messages: readonly EventKey[]): Promise<EventKey[]> {
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
