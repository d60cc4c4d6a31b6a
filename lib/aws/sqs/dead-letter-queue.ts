/** Sends messages that the relay can never process to a dead-letter queue, with the reason. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { SQS } from '../../contract/service-limits.ts';
import type { QueueOptions } from './batches.ts';
import { messageGroupOf } from './messages.ts';

/** SQS allows more, but a person reads it. */
const REASON_LIMIT = 256;

export class DeadLetterQueue {
  readonly #queue: QueueOptions;

  constructor(queue: QueueOptions) {
    this.#queue = queue;
  }

  /** False when the send failed. SQS then delivers the message again, until it moves the message itself. */
  async put(record: SQSRecord, reason: string): Promise<boolean> {
    const { client, queueUrl, telemetry } = this.#queue;
    const { messageId } = record;
    telemetry.warn('message cannot be processed; moved to the dead-letter queue', { messageId, reason });
    telemetry.count('ForeignMessages');
    try {
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: record.body,
          MessageAttributes: { reason: { DataType: 'String', StringValue: reason.slice(0, REASON_LIMIT) } },
          ...(queueUrl.endsWith(SQS.fifoSuffix) && {
            MessageGroupId: record.attributes.MessageGroupId ?? messageGroupOf(messageId),
            MessageDeduplicationId: messageId,
          }),
        }),
      );
      return true;
    } catch (error) {
      telemetry.error('message could not be sent to the dead-letter queue', error, { messageId });
      return false;
    }
  }
}
