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
import { inTens } from './batches.ts';

/** Long polling asks all of SQS's servers, where a short one may find nothing though there is something. */
const WAIT_SECONDS = 1;

export interface SqsDeadLettersOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** The queue that its messages come from. */
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
    for (const batch of inTens(letters)) {
      const Entries = batch.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }));
      // One that is not given back comes back by itself, when its time is over.
      await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
    }
  }

  async sendBack(letter: DeadLetter): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#sourceUrl,
        MessageBody: letter.body,
        ...(letter.groupId !== undefined && { MessageGroupId: letter.groupId }),
        // Under its own id SQS would swallow it, if it was sent within the last five minutes.
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
