/** Where messages go that are not the relay's: once, and with the reason. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { SQS } from '../../contract/service-limits.ts';
import type { QueueOptions } from './batches.ts';
import { messageGroupOf } from './messages.ts';

/** SQS takes longer ones, but nobody reads them. */
const REASON_LIMIT = 256;

export class DeadLetterQueue {
  readonly #queue: QueueOptions;

  constructor(queue: QueueOptions) {
    this.#queue = queue;
  }

  /** False when it could not be sent: the message is then to be seen again, until SQS itself moves it. */
  async put(record: SQSRecord, reason: string): Promise<boolean> {
    const { client, queueUrl, telemetry } = this.#queue;
    const { messageId } = record;
    telemetry.warn('message is not ours; it goes to the dead-letter queue', { messageId, reason });
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
