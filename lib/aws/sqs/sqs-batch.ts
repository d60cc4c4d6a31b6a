/** Handles a batch of SQS messages that Lambda passes to a function. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { awaitAll } from '../../relay/model/await-all.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Parsed } from './parse-messages.ts';

export interface BatchHandling<Message extends object> {
  readonly parse: (record: SQSRecord) => Parsed<Message>;
  /**
   * Returns the message objects, out of the given ones, that SQS must deliver again. Passes those that can never be
   * processed to `reject`.
   */
  readonly work: (
    messages: readonly Message[],
    reject: (message: Message, reason: string) => void,
  ) => Promise<readonly Message[]>;
  /** Receives the messages that do not parse, and the rejected ones. */
  readonly deadLetters: Pick<DeadLetterQueue, 'put'>;
  /** Extends the messages' visibility timeout, and returns those whose receipt has expired. */
  readonly extendVisibility?: (records: readonly SQSRecord[]) => Promise<readonly SQSRecord[]>;
  /** Receives the failed messages, to make them visible before the queue's visibility timeout ends. */
  readonly onReturn?: (records: readonly SQSRecord[]) => Promise<void>;
}

/**
 * Processes a batch and returns the failed messages as a partial batch response
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting).
 *
 * A message whose receipt has expired is not processed, because another run may have it, but is reported as failed.
 * Lambda deletes every other message, and in a standard queue even an expired receipt may delete a message.
 *
 * @example export const handler = (event: SQSEvent) =>
 *   handleBatch(event, { parse: parseDeliveryMessage, work: (keys) => deliver(relay, keys, deadline), deadLetters });
 */
export async function handleBatch<Message extends object>(
  { Records }: SQSEvent,
  { parse, work, deadLetters, extendVisibility, onReturn }: BatchHandling<Message>,
): Promise<SQSBatchResponse> {
  const expired = new Set(await extendVisibility?.(Records));
  const left = new Set(withLaterOfGroup(Records, expired));
  const ours = new Map<Message, SQSRecord>();
  const foreign: { record: SQSRecord; reason: string }[] = [];
  for (const record of Records.filter((each) => !left.has(each))) {
    const parsed = parse(record);
    if (parsed.kind === 'message') ours.set(parsed.message, record);
    else foreign.push({ record, reason: parsed.reason });
  }

  const rejected: { record: SQSRecord; reason: string }[] = [];
  const reject = (message: Message, reason: string) => {
    const record = ours.get(message);
    if (record !== undefined) rejected.push({ record, reason });
  };
  const put = (unwanted: readonly { record: SQSRecord; reason: string }[]) =>
    awaitAll(
      unwanted.map(async ({ record, reason }) => ((await deadLetters.put(record, reason)) ? [] : [record])),
    );
  const [unfinished, unmoved] = await awaitAll([
    ours.size > 0 ? work([...ours.keys()], reject) : [],
    put(foreign),
  ]);
  const unmovedRejected = await put(rejected);
  const failed = new Set([
    ...left,
    ...unfinished.flatMap((message) => ours.get(message) ?? []),
    ...unmoved.flat(),
    ...unmovedRejected.flat(),
  ]);
  const returned = withLaterOfGroup(Records, failed);
  // An expired receipt has no effect, or changes the timeout for another run.
  const ownReturned = returned.filter((record) => !expired.has(record));
  if (ownReturned.length > 0) await onReturn?.(ownReturned);
  return { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** In a FIFO queue the later messages of a failed message's group fail, too. Otherwise they would overtake it. */
function withLaterOfGroup(records: readonly SQSRecord[], failed: ReadonlySet<SQSRecord>): SQSRecord[] {
  const held = new Set<string>();
  return records.filter((record) => {
    const { MessageGroupId, SequenceNumber } = record.attributes;
    // Fair queues have groups, too, but only FIFO queues have sequence numbers.
    const group = SequenceNumber === undefined ? undefined : MessageGroupId;
    const returned = failed.has(record) || (group !== undefined && held.has(group));
    if (returned && group !== undefined) held.add(group);
    return returned;
  });
}
