/** The DeadLetters port in memory. A group is locked while one of its messages is hidden, as in a FIFO queue of SQS. */
import { randomUUID } from 'node:crypto';
import { after, type Clock } from '../../lib/relay/model/clock.ts';
import type { DeadLetter, DeadLetters } from '../../lib/relay/ports/operator.ts';

/** SQS returns no more messages for one request. */
const MOST_PER_RECEIVE = 10;

/** A message that a test puts on the queue. */
export type StoredLetter = Pick<DeadLetter, 'body' | 'reason' | 'groupId'>;

interface Entry {
  readonly letter: Omit<DeadLetter, 'receiptHandle' | 'receiveCount'>;
  readonly receiveCount: number;
  readonly receiptHandle: string;
  readonly visibleAt: Date;
}

export class MemoryDeadLetters implements DeadLetters {
  /** The bodies that were sent back to the main queue. */
  readonly sentBack: string[] = [];
  readonly #clock: Clock;
  #entries: Entry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(letter: StoredLetter): void {
    const now = this.#clock.now();
    this.#entries.push({
      letter: { ...letter, messageId: randomUUID(), sentAt: now },
      receiveCount: 0,
      receiptHandle: randomUUID(),
      visibleAt: now,
    });
  }

  async count(): Promise<number> {
    return this.#entries.length;
  }

  async receive(hiddenForSeconds: number): Promise<DeadLetter[]> {
    const now = this.#clock.now();
    const hidden = this.#entries.filter(({ visibleAt }) => visibleAt > now);
    const lockedGroups = new Set(hidden.map(({ letter }) => letter.groupId));
    lockedGroups.delete(undefined);
    const received = this.#entries
      .filter((entry) => !hidden.includes(entry) && !lockedGroups.has(entry.letter.groupId))
      .slice(0, MOST_PER_RECEIVE);
    return received.map((entry) => {
      const receiptHandle = randomUUID();
      const receiveCount = entry.receiveCount + 1;
      const visibleAt = after(now, hiddenForSeconds * 1000);
      this.#replace(entry, { ...entry, receiptHandle, receiveCount, visibleAt });
      return { ...entry.letter, receiptHandle, receiveCount };
    });
  }

  async giveBack(letters: readonly Pick<DeadLetter, 'receiptHandle'>[]): Promise<void> {
    const handles = new Set(letters.map(({ receiptHandle }) => receiptHandle));
    for (const entry of this.#entries)
      if (handles.has(entry.receiptHandle)) this.#replace(entry, { ...entry, visibleAt: this.#clock.now() });
  }

  async sendBack(letter: DeadLetter): Promise<void> {
    this.sentBack.push(letter.body);
    await this.delete(letter);
  }

  async delete({ receiptHandle }: Pick<DeadLetter, 'receiptHandle'>): Promise<void> {
    this.#entries = this.#entries.filter((entry) => entry.receiptHandle !== receiptHandle);
  }

  #replace(entry: Entry, by: Entry): void {
    this.#entries = this.#entries.map((one) => (one === entry ? by : one));
  }
}
