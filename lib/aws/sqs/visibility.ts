/** How long messages stay hidden that a function holds, or gives back. */
import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { returnDelaySeconds } from '../../relay/fan-out/return-delay.ts';
import type { QueueOptions } from './batches.ts';
import { inTens } from './batches.ts';

/** Lambda starts a batch within a second or two. After this long, the visibility timeout may be about to end. */
const LATE_AFTER_MS = 10_000;
/** A function that is killed may be killed a moment late, and Lambda deletes the messages after it has ended. */
const MARGIN_SECONDS = 20;

/**
 * Brings messages that a function gives back to the queue back sooner than after the queue's visibility timeout. Never
 * rejects: a message that cannot be brought back sooner comes back later.
 */
export async function returnSoon(queue: QueueOptions, records: readonly SQSRecord[]): Promise<void> {
  const secondsOf = ({ attributes }: SQSRecord) =>
    returnDelaySeconds(Number(attributes.ApproximateReceiveCount) || 1);
  for (const { expired, unknown, error } of await hideAll(queue, records, secondsOf)) {
    const messages = expired.length + unknown.length;
    if (error !== undefined) queue.telemetry.error('messages come back late', error, { messages });
    else if (messages > 0) queue.telemetry.warn('messages come back late', { messages });
  }
}

export interface Invocation {
  readonly now: Date;
  /** Until the function is killed. */
  readonly remainingMs: number;
}

/**
 * Keeps the messages of a batch hidden until the function has ended. A batch may start late, because Lambda was
 * throttled. Its messages would then become visible while the function works on them, and a second run would work on the
 * same order. A batch that starts in time, with messages that nobody received before, makes no call. Never rejects.
 *
 * @returns the messages whose receipt has expired: they are visible again, or another run has received them
 */
export async function keepHidden(
  queue: QueueOptions,
  records: readonly SQSRecord[],
  { now, remainingMs }: Invocation,
): Promise<SQSRecord[]> {
  if (!records.some((record) => isLate(record, now))) return [];
  const seconds = Math.ceil(remainingMs / 1000) + MARGIN_SECONDS;
  const batches = await hideAll(queue, records, () => seconds);
  const { telemetry } = queue;
  for (const { unknown, error } of batches) {
    // This says nothing about the receipts. Not to work would stop the relay while SQS fails; leases still hold.
    if (unknown.length > 0)
      telemetry.error('messages could not be kept hidden', error, { messages: unknown.length });
  }
  const expired = batches.flatMap((batch) => batch.expired);
  if (expired.length > 0)
    telemetry.warn('messages left to their next receive: their receipts have expired', {
      messages: expired.length,
    });
  return expired;
}

function isLate({ attributes }: SQSRecord, now: Date): boolean {
  const { ApproximateReceiveCount, ApproximateFirstReceiveTimestamp } = attributes;
  if (Number(ApproximateReceiveCount) > 1) return true;
  return now.getTime() - Number(ApproximateFirstReceiveTimestamp) > LATE_AFTER_MS;
}

interface Hiding {
  /** SQS refuses these and blames the request: the receipt has expired. */
  readonly expired: SQSRecord[];
  /** SQS failed, or the call did. */
  readonly unknown: SQSRecord[];
  readonly error?: unknown;
}

/** Never rejects. */
function hideAll(
  queue: QueueOptions,
  records: readonly SQSRecord[],
  secondsOf: (record: SQSRecord) => number,
): Promise<Hiding[]> {
  return Promise.all(inTens(records).map((batch) => hide(queue, batch, secondsOf)));
}

async function hide(
  { client, queueUrl }: QueueOptions,
  batch: SQSRecord[],
  secondsOf: (record: SQSRecord) => number,
): Promise<Hiding> {
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
