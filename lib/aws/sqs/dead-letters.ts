/** The DeadLetters port over SQS. */
import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { SQS } from '../../contract/service-limits.ts';
import type { DeadLetter, DeadLetters } from '../../relay/ports/operator.ts';
import { chunk } from './batches.ts';

/** Long polling queries all of SQS's servers; a short poll may miss messages. */
const WAIT_SECONDS = 1;

export interface SqsDeadLettersOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** The queue whose dead letters these are. */
  readonly sourceUrl: string;
}

export class SqsDeadLetters implements DeadLetters {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #sourceUrl: string;

  constructor({ client, queueUrl, sourceUrl }: SqsDeadLettersOptions) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#sourceUrl = sourceUrl;
  }

  async count(): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  async receive(hiddenForSeconds: number): Promise<DeadLetter[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#queueUrl,
        MaxNumberOfMessages: SQS.batchSize,
        VisibilityTimeout: hiddenForSeconds,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['reason'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.flatMap(readMessage);
  }

  async giveBack(letters: readonly Pick<DeadLetter, 'receiptHandle'>[]): Promise<void> {
    for (const batch of chunk(letters)) {
      const Entries = batch.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }));
      // A message whose change fails becomes visible after its visibility timeout.
      await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
    }
  }

  async sendBack(letter: DeadLetter): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#sourceUrl,
        MessageBody: letter.body,
        ...(letter.groupId !== undefined && { MessageGroupId: letter.groupId }),
        // SQS drops a message whose deduplication id was used within the last five minutes.
        ...(this.#sourceUrl.endsWith(SQS.fifoSuffix) && {
          MessageGroupId: letter.groupId ?? letter.messageId,
          MessageDeduplicationId: randomUUID(),
        }),
      }),
    );
    await this.delete(letter);
  }

  async delete({ receiptHandle }: Pick<DeadLetter, 'receiptHandle'>): Promise<void> {
    await this.#client.send(
      new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receiptHandle }),
    );
  }
}

function readMessage({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message) {
  if (MessageId === undefined || ReceiptHandle === undefined) return [];
  const { SentTimestamp, ApproximateReceiveCount, MessageGroupId } = Attributes ?? {};
  const reason = MessageAttributes?.reason?.StringValue;
  const letter: DeadLetter = {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body ?? '',
    receiveCount: Number(ApproximateReceiveCount ?? 0),
    ...(SentTimestamp !== undefined && { sentAt: new Date(Number(SentTimestamp)) }),
    ...(reason !== undefined && { reason }),
    ...(MessageGroupId !== undefined && { groupId: MessageGroupId }),
  };
  return [letter];
}
