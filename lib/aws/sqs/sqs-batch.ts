/** A batch of SQS messages, as Lambda hands it to a function and wants its answer. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { settleAll } from '../../relay/model/settle-all.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Parsed } from './messages.ts';

export interface BatchHandling<Message extends object> {
  readonly parse: (record: SQSRecord) => Parsed<Message>;
  /** Gives back those of the messages, the very objects, that are to be seen again. */
  readonly work: (messages: readonly Message[]) => Promise<readonly Message[]>;
  /** Takes what does not parse. */
  readonly deadLetters: Pick<DeadLetterQueue, 'put'>;
  /** Keeps the messages hidden while they are worked on; gives those whose receipt has expired. */
  readonly keepHidden?: (records: readonly SQSRecord[]) => Promise<readonly SQSRecord[]>;
  /** Told of the messages that are returned, to bring them back sooner than the queue would. */
  readonly onReturn?: (records: readonly SQSRecord[]) => Promise<void>;
}

/**
 * Works a batch off and names what is to be seen again: the partial batch response
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting).
 *
 * A message whose receipt has expired is not worked on: another run may have it. It is named as failed all the same.
 * Lambda deletes what is not named, and in a standard queue even an expired receipt may delete a message.
 *
 * @example export const handler = (event: SQSEvent) =>
 *   handleBatch(event, { parse: parseDeliveryMessage, work: (keys) => deliver(relay, keys, deadline), deadLetters });
 */
export async function handleBatch<Message extends object>(
  { Records }: SQSEvent,
  { parse, work, deadLetters, keepHidden, onReturn }: BatchHandling<Message>,
): Promise<SQSBatchResponse> {
  const expired = new Set(await keepHidden?.(Records));
  const left = new Set(withLaterOfGroup(Records, expired));
  const ours = new Map<Message, SQSRecord>();
  const foreign: { record: SQSRecord; reason: string }[] = [];
  for (const record of Records.filter((each) => !left.has(each))) {
    const parsed = parse(record);
    if (parsed.kind === 'message') ours.set(parsed.message, record);
    else foreign.push({ record, reason: parsed.reason });
  }

  const [unfinished, unmoved] = await settleAll([
    ours.size > 0 ? work([...ours.keys()]) : [],
    settleAll(
      foreign.map(async ({ record, reason }) => ((await deadLetters.put(record, reason)) ? [] : [record])),
    ),
  ]);
  const failed = new Set([
    ...left,
    ...unfinished.flatMap((message) => ours.get(message) ?? []),
    ...unmoved.flat(),
  ]);
  const returned = withLaterOfGroup(Records, failed);
  // An expired receipt changes nothing, or the time of somebody else.
  const ownReturned = returned.filter((record) => !expired.has(record));
  if (ownReturned.length > 0) await onReturn?.(ownReturned);
  return { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** In a FIFO queue a message that is returned takes along every later one of its group, or they would overtake it. */
function withLaterOfGroup(records: readonly SQSRecord[], failed: ReadonlySet<SQSRecord>): SQSRecord[] {
  const held = new Set<string>();
  return records.filter((record) => {
    const { MessageGroupId, SequenceNumber } = record.attributes;
    // Only FIFO queues number their messages; fair queues have groups, too.
    const group = SequenceNumber === undefined ? undefined : MessageGroupId;
    const returned = failed.has(record) || (group !== undefined && held.has(group));
    if (returned && group !== undefined) held.add(group);
    return returned;
  });
}
