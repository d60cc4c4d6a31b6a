/** What stands in a dead-letter queue, for the operator: received for a while, sent back to where it came from, deleted. */
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
import { inTens } from './chunk.ts';

/** Long polling asks all of SQS's servers, where a short one may find nothing though there is something. */
const WAIT_SECONDS = 1;

/** A message of a dead-letter queue, as long as nobody else can receive it. */
export interface DeadLetter {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly sentAt?: Date;
  readonly receiveCount: number;
  /** Why a function has put it there; absent when SQS did, after too many receives. */
  readonly reason?: string;
  readonly groupId?: string;
}

export interface DeadLettersOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** The queue that its messages come from. */
  readonly sourceUrl: string;
}

/** Rejects with the SDK's errors. */
export class DeadLetters {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #sourceUrl: string;

  constructor({ client, queueUrl, sourceUrl }: DeadLettersOptions) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#sourceUrl = sourceUrl;
  }

  /** How many there are, roughly, whether or not they can be received at this moment. */
  async count(): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  /**
   * Up to ten messages, which nobody else receives for so long; none when there are no more to be had. Of one group of
   * a FIFO queue there are no further ones before these are deleted, or given back.
   */
  async receive(hiddenForSeconds: number): Promise<DeadLetter[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: hiddenForSeconds,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['reason'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.flatMap(readMessage);
  }

  /** Others may receive them again at once. */
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

  /** To the queue that it came from. It is deleted here only once it is safely there: rather twice than never. */
  async sendBack(letter: DeadLetter): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#sourceUrl,
        MessageBody: letter.body,
        ...(letter.groupId !== undefined && { MessageGroupId: letter.groupId }),
        // Under its own id SQS would swallow it, if it was sent within the last five minutes.
        ...(this.#sourceUrl.endsWith('.fifo') && {
          MessageGroupId: letter.groupId ?? letter.messageId,
          MessageDeduplicationId: randomUUID(),
        }),
      }),
    );
    await this.delete(letter);
  }

  async delete({ receiptHandle }: DeadLetter): Promise<void> {
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
