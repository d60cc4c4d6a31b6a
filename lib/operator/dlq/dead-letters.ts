/** What an operator does with messages that nobody could work off: looks at them, has them tried again, deletes them. */
import { z } from 'zod';
import type { DeadLetter, DeadLetters } from '../../relay/ports/operator.ts';
import type { Connection, QueueName } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import type { Run } from '../long-run.ts';

/** A look takes seconds; nobody else sees the messages meanwhile. */
const LOOKING_SECONDS = 20;
/** Ten messages are moved or deleted within seconds. */
const WORKING_SECONDS = 60;
/** What is shown of a message that is not the relay's own. */
const BEGINNING_LENGTH = 60;

/** A message as it can be shown: of the relay's own only what they name, for one may hold a whole webhook. */
export interface ListedLetter {
  readonly queue: QueueName;
  readonly messageId: string;
  readonly sentAt?: Date;
  readonly receiveCount: number;
  readonly reason: string;
  readonly names?: MessageNames;
  /** Of one that names nothing. */
  readonly beginning?: string;
}

type MessageNames = z.output<typeof namesSchema> & {
  /** Whether the message holds the event itself, which is nowhere else. */
  readonly holdsEvent: boolean;
};

const namesSchema = z.object({
  orderKey: z.string(),
  eventId: z.string(),
  endpointId: z.string().exactOptional(),
});

export interface LetterList {
  readonly letters: readonly ListedLetter[];
  /** How many there are in all, roughly. */
  readonly approximateCount: number;
}

/** As many as can be had at this moment; they are back for everybody else afterwards. */
export async function listDeadLetters(
  connection: Pick<Connection, 'queues'>,
  names: readonly QueueName[],
  limit: number,
): Promise<LetterList> {
  const { deadLetters } = await connection.queues();
  const letters: ListedLetter[] = [];
  let approximateCount = 0;
  for (const queue of names) {
    approximateCount += await deadLetters[queue].count();
    await eachLetter(deadLetters[queue], LOOKING_SECONDS, async (letter) => {
      if (letters.length >= limit) return 'stop';
      letters.push(describe(queue, letter));
      return 'keep';
    });
  }
  return { letters, approximateCount };
}

function describe(queue: QueueName, letter: DeadLetter): ListedLetter {
  const { messageId, sentAt, receiveCount, reason = 'received too often', body } = letter;
  const names = namesIn(body);
  return {
    queue,
    messageId,
    ...(sentAt !== undefined && { sentAt }),
    receiveCount,
    reason,
    ...(names === undefined ? { beginning: body.slice(0, BEGINNING_LENGTH) } : { names }),
  };
}

/** Undefined for a message that is none of the relay's. */
function namesIn(body: string): MessageNames | undefined {
  const parsed = namesSchema.safeParse(jsonIn(body));
  return parsed.success ? { ...parsed.data, holdsEvent: holdsEvent(body) } : undefined;
}

/** Asked of a body that is odd in other respects, too: an event in it would be lost all the same. */
function holdsEvent(body: string): boolean {
  const json = jsonIn(body);
  return typeof json === 'object' && json !== null && 'fullEvent' in json;
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: somebody else's.
    return undefined;
  }
}

export interface LetterSelection {
  readonly queues: readonly QueueName[];
  /** All when absent. */
  readonly messageId?: string | undefined;
}

export interface LetterResult {
  /** Sent back, or deleted. */
  readonly done: number;
  /** Left where they are, because they hold an event that is nowhere else. */
  readonly kept: number;
  readonly interrupted: boolean;
}

/**
 * Sends messages back to the queue that they come from, so that they are worked off after all. None is deleted before
 * it is there; if that fails, it may be there and here.
 *
 * @throws NotFoundError
 */
export function redriveDeadLetters(
  connection: Connection,
  selection: LetterSelection,
  run: Run = {},
): Promise<LetterResult> {
  return workOff(connection, selection, run, async (letters, letter) => {
    await letters.sendBack(letter);
    return 'done';
  });
}

/**
 * Deletes messages. What they were to wake stays in the tables and is done all the same; but some hold an event that
 * the table had refused, and those stay unless asked for.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the one that is named holds an event
 */
export function dropDeadLetters(
  connection: Connection,
  selection: LetterSelection & { readonly includeFullEvents: boolean },
  run: Run = {},
): Promise<LetterResult> {
  return workOff(connection, selection, run, async (letters, letter) => {
    if (!selection.includeFullEvents && holdsEvent(letter.body)) {
      if (selection.messageId === undefined) return 'keep';
      throw new NotPossibleError(
        `the message ${letter.messageId} holds an event that is nowhere else`,
        '`dlq redrive` has it stored and sent; --include-full-events deletes it all the same.',
      );
    }
    await letters.delete(letter);
    return 'done';
  });
}

async function workOff(
  connection: Pick<Connection, 'queues' | 'clock'>,
  { queues: names, messageId }: LetterSelection,
  run: Run,
  work: (letters: DeadLetters, letter: DeadLetter) => Promise<'done' | 'keep'>,
): Promise<LetterResult> {
  const { deadLetters } = await connection.queues();
  const startedAt = connection.clock.now();
  const counts = { done: 0, kept: 0 };
  for (const queue of names) {
    await eachLetter(deadLetters[queue], WORKING_SECONDS, async (letter) => {
      if (run.signal?.aborted || (messageId !== undefined && counts.done > 0)) return 'stop';
      const isWanted =
        messageId === undefined ? !cameSince(letter, startedAt) : letter.messageId === messageId;
      if (!isWanted) return 'keep';
      const result = await work(deadLetters[queue], letter);
      counts[result === 'done' ? 'done' : 'kept'] += 1;
      run.onProgress?.(`${counts.done} messages`);
      return result;
    });
  }
  if (messageId !== undefined && counts.done === 0 && !run.signal?.aborted)
    throw new NotFoundError('message', messageId, ' among those that can be received now');
  return { ...counts, interrupted: run.signal?.aborted === true };
}

/** What this run has sent back may be here again already: it would go round in circles. */
function cameSince({ sentAt }: DeadLetter, startedAt: Date): boolean {
  return sentAt !== undefined && sentAt > startedAt;
}

/**
 * Visits the messages of a queue as far as they can be had; those that are kept are given back at the end, and so are
 * those after the one that the visits stop at.
 */
async function eachLetter(
  letters: DeadLetters,
  hiddenForSeconds: number,
  visit: (letter: DeadLetter) => Promise<'done' | 'keep' | 'stop'>,
): Promise<void> {
  const kept = new Map<string, Pick<DeadLetter, 'receiptHandle'>>();
  try {
    for (let stopped = false; !stopped; ) {
      const received = await letters.receive(hiddenForSeconds);
      // A message that comes again was hidden for too short a time: there are no others.
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
