/** Lists, redrives and deletes the messages in the dead-letter queues. */
import { z } from 'zod';
import type { DeadLetter, DeadLetters } from '../../relay/ports/operator.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Connection, QueueName } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';

/** Listing takes seconds. SQS hides the messages from other receivers for this time. */
const LIST_VISIBILITY_SECONDS = 20;
/** The visibility timeout while up to ten messages are redriven or deleted. */
const WORK_VISIBILITY_SECONDS = 60;
/** The length of the excerpt of a foreign message. */
const EXCERPT_LENGTH = 60;

/** A message without its body: the body can contain a whole webhook. */
export interface DeadLetterSummary {
  readonly queue: QueueName;
  readonly messageId: string;
  readonly sentAt?: Date;
  readonly receiveCount: number;
  readonly reason: string;
  /** Absent for a foreign message. */
  readonly key?: MessageKey;
  /** The start of a foreign message. */
  readonly excerpt?: string;
}

type MessageKey = z.output<typeof messageKeySchema> & {
  /** True when the message contains the only copy of the event. */
  readonly holdsEvent: boolean;
};

const messageKeySchema = z.object({
  orderKey: z.string(),
  eventId: z.string(),
  endpointId: z.string().exactOptional(),
});

export interface DeadLetterList {
  readonly messages: readonly DeadLetterSummary[];
  /** Of all messages in the queues. SQS counts approximately. */
  readonly approximateCount: number;
}

/** Receives the visible messages, and returns them to the queues afterwards. */
export async function listDeadLetters(
  connection: Pick<Connection, 'queues'>,
  names: readonly QueueName[],
  limit: number,
): Promise<DeadLetterList> {
  const { deadLetters } = await connection.queues();
  const messages: DeadLetterSummary[] = [];
  let approximateCount = 0;
  for (const queue of names) {
    approximateCount += await deadLetters[queue].count();
    await eachDeadLetter(deadLetters[queue], LIST_VISIBILITY_SECONDS, async (letter) => {
      if (messages.length >= limit) return 'stop';
      messages.push(describe(queue, letter));
      return 'keep';
    });
  }
  return { messages, approximateCount };
}

function describe(queue: QueueName, letter: DeadLetter): DeadLetterSummary {
  const { messageId, sentAt, receiveCount, reason = 'received too many times', body } = letter;
  const key = messageKeyOf(body);
  return {
    queue,
    messageId,
    ...(sentAt !== undefined && { sentAt }),
    receiveCount,
    reason,
    ...(key === undefined ? { excerpt: body.slice(0, EXCERPT_LENGTH) } : { key }),
  };
}

/** Undefined for a foreign message. */
function messageKeyOf(body: string): MessageKey | undefined {
  const parsed = messageKeySchema.safeParse(jsonIn(body));
  return parsed.success ? { ...parsed.data, holdsEvent: holdsEvent(body) } : undefined;
}

/** Also true for a body that is malformed otherwise: its event would be lost with it. */
function holdsEvent(body: string): boolean {
  const json = jsonIn(body);
  return typeof json === 'object' && json !== null && 'fullEvent' in json;
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON, so the message is foreign.
    return undefined;
  }
}

export interface DeadLetterSelection {
  readonly queues: readonly QueueName[];
  /** All when absent. */
  readonly messageId?: string | undefined;
}

export interface DeadLetterResult {
  /** Redriven or deleted. */
  readonly done: number;
  /** Not deleted, because they contain the only copy of an event. */
  readonly kept: number;
  readonly interrupted: boolean;
}

/**
 * Sends messages to their main queue and then deletes them here. If a deletion fails, a message is in both queues.
 *
 * @throws NotFoundError
 */
export function redriveDeadLetters(
  connection: Connection,
  selection: DeadLetterSelection,
  run: BulkRun = {},
): Promise<DeadLetterResult> {
  return processDeadLetters(connection, selection, run, async (letters, letter) => {
    await letters.sendBack(letter);
    return 'done';
  });
}

/**
 * Deletes messages. Pending deliveries are in the tables, so nothing is lost. A message can contain the only copy of an
 * event: it is deleted only with `includeFullEvents`.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the named message contains an event
 */
export function dropDeadLetters(
  connection: Connection,
  selection: DeadLetterSelection & { readonly includeFullEvents: boolean },
  run: BulkRun = {},
): Promise<DeadLetterResult> {
  return processDeadLetters(connection, selection, run, async (letters, letter) => {
    if (!selection.includeFullEvents && holdsEvent(letter.body)) {
      if (selection.messageId === undefined) return 'keep';
      throw new NotPossibleError(
        `the message ${letter.messageId} contains the only copy of an event`,
        `\`dlq redrive --message-id ${letter.messageId}\` sends it to fan-out, which stores the event. --include-full-events deletes it.`,
      );
    }
    await letters.delete(letter);
    return 'done';
  });
}

async function processDeadLetters(
  connection: Pick<Connection, 'queues' | 'clock'>,
  { queues: names, messageId }: DeadLetterSelection,
  run: BulkRun,
  work: (letters: DeadLetters, letter: DeadLetter) => Promise<'done' | 'keep'>,
): Promise<DeadLetterResult> {
  const { deadLetters } = await connection.queues();
  const startedAt = connection.clock.now();
  const counts = { done: 0, kept: 0 };
  for (const queue of names) {
    await eachDeadLetter(deadLetters[queue], WORK_VISIBILITY_SECONDS, async (letter) => {
      if (run.signal?.aborted || (messageId !== undefined && counts.done > 0)) return 'stop';
      const isWanted =
        messageId === undefined ? !wasSentAfter(letter, startedAt) : letter.messageId === messageId;
      if (!isWanted) return 'keep';
      const result = await work(deadLetters[queue], letter);
      counts[result === 'done' ? 'done' : 'kept'] += 1;
      run.onProgress?.(`${counts.done} messages`);
      run.onItem?.();
      return result;
    });
  }
  if (messageId !== undefined && counts.done === 0 && !run.signal?.aborted)
    throw new NotFoundError('message', messageId, ' among the visible messages');
  return { ...counts, interrupted: run.signal?.aborted === true };
}

/** A redriven message can return within the same run. Without this check, the run would redrive it forever. */
function wasSentAfter({ sentAt }: DeadLetter, startedAt: Date): boolean {
  return sentAt !== undefined && sentAt > startedAt;
}

/**
 * Visits the visible messages of a queue until a visit returns `stop`. At the end, all messages that are not done become
 * visible again.
 */
async function eachDeadLetter(
  letters: DeadLetters,
  hiddenForSeconds: number,
  visit: (letter: DeadLetter) => Promise<'done' | 'keep' | 'stop'>,
): Promise<void> {
  const kept = new Map<string, Pick<DeadLetter, 'receiptHandle'>>();
  try {
    for (let stopped = false; !stopped; ) {
      const received = await letters.receive(hiddenForSeconds);
      // A repeated message has outlived its visibility timeout. All other messages were received before it.
      if (received.every(({ messageId }) => kept.has(messageId))) return;
      for (const letter of received) {
        const { messageId, receiptHandle } = letter;
        const isNew = !kept.has(messageId);
        kept.set(messageId, { receiptHandle });
        if (stopped || !isNew) continue;
        const result = await visit(letter);
        if (result === 'done') kept.delete(messageId);
        stopped = result === 'stop';
      }
    }
  } finally {
    await letters.giveBack([...kept.values()]);
  }
}
