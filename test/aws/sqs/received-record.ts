/** Messages that were received from a queue of the embedded SQS, as Lambda hands them to a function. */
import {
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Embedded } from '../../ports/embedded.ts';

export async function receive(client: SQSClient, queueUrl: string) {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}

/** @returns sends a message to a queue of its own, and receives it */
export function receivedRecords(embedded: () => Embedded) {
  return async (
    like: 'EventsQueue' | 'DeliveriesQueue',
    parts: Partial<SendMessageCommandInput> = {},
  ): Promise<SQSRecord & { readonly queueUrl: string }> => {
    const client = embedded().sqs;
    const queueUrl = await embedded().newQueue(like);
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'hello', ...parts }));
    const [message] = await receive(client, queueUrl);
    const { MessageGroupId, SequenceNumber } = message?.Attributes ?? {};
    return {
      queueUrl,
      messageId: message?.MessageId ?? '',
      receiptHandle: message?.ReceiptHandle ?? '',
      body: message?.Body ?? '',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
        ...(MessageGroupId !== undefined && { MessageGroupId }),
        ...(SequenceNumber !== undefined && { SequenceNumber }),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: 'us-east-1',
    };
  };
}
