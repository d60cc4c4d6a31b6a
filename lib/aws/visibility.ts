/** Brings messages that a function returns back sooner than after the queue's visibility timeout. */
import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { inTens } from './in-tens.ts';
import type { QueueOptions } from './send-batches.ts';

/** Soon enough for an order not to wait noticeably, late enough for a table that throttles to recover. */
const RETURN_AFTER_SECONDS = 5;

/** Never rejects: a message that cannot be brought back sooner comes back later. */
export async function returnSoon(queue: QueueOptions, records: readonly SQSRecord[]): Promise<void> {
  await Promise.all(inTens(records).map((batch) => returnBatch(queue, batch)));
}

async function returnBatch(queue: QueueOptions, batch: readonly SQSRecord[]): Promise<void> {
  const { client, queueUrl, telemetry } = queue;
  const entries = batch.map(({ receiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: RETURN_AFTER_SECONDS,
  }));
  try {
    const { Failed = [] } = await client.send(
      new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
    );
    if (Failed.length > 0) telemetry.warn('messages come back late', { messages: Failed.length });
  } catch (error) {
    telemetry.error('messages come back late', error, { messages: batch.length });
  }
}
