/** Changes the visibility timeout of the messages of a batch. */
import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { returnDelaySeconds } from '../../relay/fan-out/return-delay.ts';
import type { QueueOptions } from './batches.ts';
import { chunk } from './batches.ts';

/** Lambda normally starts a batch within two seconds. After this long, the visibility timeout may end too early. */
const LATE_AFTER_MS = 10_000;
/** Lambda may stop a function a moment late, and deletes the messages only afterwards. */
const MARGIN_SECONDS = 20;

/**
 * Makes failed messages visible before the queue's visibility timeout ends, with a delay that grows with their receive
 * count. Never rejects: a message whose change fails becomes visible later.
 */
export async function shortenVisibility(queue: QueueOptions, records: readonly SQSRecord[]): Promise<void> {
  const secondsOf = ({ attributes }: SQSRecord) =>
    returnDelaySeconds(Number(attributes.ApproximateReceiveCount) || 1);
  for (const { expired, unknown, error } of await changeAll(queue, records, secondsOf)) {
    const messages = expired.length + unknown.length;
    if (error !== undefined) queue.telemetry.error('messages come back late', error, { messages });
    else if (messages > 0) queue.telemetry.warn('messages come back late', { messages });
  }
}

export interface Invocation {
  readonly now: Date;
  /** Until the function is killed. */
  readonly remainingMs: number;
  /** Leases prevent that two runs send one delivery at once. Without them, no two runs may work on one order. */
  readonly hasLeases: boolean;
}

/**
 * Extends the visibility timeout of a batch until the function has ended. Lambda may start a batch late when it is
 * throttled; its messages would then become visible too early, and a second run would process the same order. Makes no
 * call for a batch that starts in time with messages received for the first time. Never rejects.
 *
 * @returns the messages not to work on. Their receipt has expired: they are visible, or another run has received them. Or
 *   SQS failed to extend a late one, and there are no leases
 */
export async function extendVisibility(
  queue: QueueOptions,
  records: readonly SQSRecord[],
  { now, remainingMs, hasLeases }: Invocation,
): Promise<SQSRecord[]> {
  if (!records.some((record) => isLate(record, now))) return [];
  const seconds = Math.ceil(remainingMs / 1000) + MARGIN_SECONDS;
  const batches = await changeAll(queue, records, () => seconds);
  const { telemetry } = queue;
  for (const { unknown, error } of batches) {
    if (unknown.length > 0)
      telemetry.error('messages could not be kept hidden', error, { messages: unknown.length });
  }
  const expired = batches.flatMap((batch) => batch.expired);
  if (expired.length > 0)
    telemetry.warn('messages left to their next receive: their receipts have expired', {
      messages: expired.length,
    });
  if (hasLeases) return expired;
  return [...expired, ...batches.flatMap(({ unknown }) => unknown.filter((record) => isLate(record, now)))];
}

function isLate({ attributes }: SQSRecord, now: Date): boolean {
  const { ApproximateReceiveCount, ApproximateFirstReceiveTimestamp } = attributes;
  if (Number(ApproximateReceiveCount) > 1) return true;
  return now.getTime() - Number(ApproximateFirstReceiveTimestamp) > LATE_AFTER_MS;
}

interface VisibilityChange {
  /** SQS reported a sender fault: the receipt has expired. */
  readonly expired: SQSRecord[];
  /** SQS or the call failed. */
  readonly unknown: SQSRecord[];
  readonly error?: unknown;
}

/** Never rejects. */
function changeAll(
  queue: QueueOptions,
  records: readonly SQSRecord[],
  secondsOf: (record: SQSRecord) => number,
): Promise<VisibilityChange[]> {
  return Promise.all(chunk(records).map((batch) => changeBatch(queue, batch, secondsOf)));
}

async function changeBatch(
  { client, queueUrl }: QueueOptions,
  batch: SQSRecord[],
  secondsOf: (record: SQSRecord) => number,
): Promise<VisibilityChange> {
  const Entries = batch.map((record, index) => ({
    Id: String(index),
    ReceiptHandle: record.receiptHandle,
    VisibilityTimeout: secondsOf(record),
  }));
  try {
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
    const { Failed = [] } = await client.send(command);
    const blamed = Map.groupBy(Failed, ({ SenderFault = false }) => (SenderFault ? 'request' : 'service'));
    const recordsOf = (fault: 'request' | 'service') =>
      (blamed.get(fault) ?? []).flatMap(({ Id }) => batch[Number(Id)] ?? []);
    const codes = blamed.get('service')?.map(({ Code = 'unknown' }) => Code);
    return {
      expired: recordsOf('request'),
      unknown: recordsOf('service'),
      ...(codes !== undefined && { error: new Error(`SQS answered ${codes.join(', ')}`) }),
    };
  } catch (error) {
    return { expired: [], unknown: batch, error };
  }
}
