/** Batch requests to SQS. */

import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { SQS } from '../../contract/service-limits.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';

export interface QueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly telemetry: Telemetry;
}

type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>;

/** Sends all items in as few calls as SQS allows, and returns the items that it did not accept. Never rejects. */
export async function sendBatches<Item>(
  queue: QueueOptions,
  items: readonly Item[],
  entryOf: (item: Item) => Entry,
): Promise<Item[]> {
  const failed = await Promise.all(chunk(items).map((batch) => sendBatch(queue, batch, entryOf)));
  return failed.flat();
}

async function sendBatch<Item>(
  { client, queueUrl, telemetry }: QueueOptions,
  batch: readonly Item[],
  entryOf: (item: Item) => Entry,
): Promise<readonly Item[]> {
  const entries = batch.map((item, index) => ({ Id: String(index), ...entryOf(item) }));
  try {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
    );
    if (Failed.length === 0) return [];
    const codes = [...new Set(Failed.map(({ Code }) => Code ?? 'unknown'))];
    telemetry.error('queue refused messages', new Error(`SQS answered ${codes.join(', ')}`), {
      messages: Failed.length,
    });
    const ids = new Set(Failed.map(({ Id }) => Id));
    return batch.filter((_, index) => ids.has(String(index)));
  } catch (error) {
    telemetry.error('messages could not be sent', error, { messages: batch.length });
    return batch;
  }
}

export function chunk<Item>(items: readonly Item[]): Item[][] {
  const batches: Item[][] = [];
  for (let start = 0; start < items.length; start += SQS.batchSize) {
    batches.push(items.slice(start, start + SQS.batchSize));
  }
  return batches;
}
