/** The contract of the DeadLetters port. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetters } from '../../lib/relay/ports/operator.ts';
import type { StoredLetter } from '../memory/dead-letters.ts';

const HIDDEN_SECONDS = 30;

export interface DeadLettersSubject {
  readonly letters: DeadLetters;
  /** Puts a message on the dead-letter queue. */
  put(letter: StoredLetter): Promise<void>;
  /** The bodies of all messages on the main queue. */
  sentBack(): Promise<string[]>;
}

/** @param make gives an empty standard queue */
export function describeDeadLetters(name: string, make: () => Promise<DeadLettersSubject>): void {
  describe(name, () => {
    let subject: DeadLettersSubject;
    let letters: DeadLetters;
    beforeEach(async () => {
      subject = await make();
      ({ letters } = subject);
    });

    it('receives nothing from an empty queue', async () => {
      expect(await letters.receive(HIDDEN_SECONDS)).toEqual([]);
      expect(await letters.count()).toBe(0);
    });

    it('receives a message with its body, its reason and how often it was received', async () => {
      await subject.put({ body: 'hello', reason: 'body is not JSON' });

      expect(await letters.receive(HIDDEN_SECONDS)).toEqual([
        {
          messageId: expect.any(String),
          receiptHandle: expect.any(String),
          body: 'hello',
          reason: 'body is not JSON',
          sentAt: expect.any(Date),
          receiveCount: 1,
        },
      ]);
    });

    it('hides received messages and still counts them', async () => {
      await subject.put({ body: 'hello' });
      await letters.receive(HIDDEN_SECONDS);

      expect(await letters.receive(HIDDEN_SECONDS)).toEqual([]);
      expect(await letters.count()).toBe(1);
    });

    it('receives a message again once it was given back', async () => {
      await subject.put({ body: 'hello' });
      const [first] = await letters.receive(HIDDEN_SECONDS);
      if (first === undefined) throw new Error('nothing was received');

      await letters.giveBack([first]);

      expect(await letters.receive(HIDDEN_SECONDS)).toMatchObject([
        { messageId: first.messageId, receiveCount: 2 },
      ]);
    });

    it('gives back more messages than one receive returns', async () => {
      for (let n = 0; n < 12; n += 1) await subject.put({ body: String(n) });
      const received = [
        ...(await letters.receive(HIDDEN_SECONDS)),
        ...(await letters.receive(HIDDEN_SECONDS)),
      ];
      expect(received).toHaveLength(12);

      await letters.giveBack(received);

      expect(await letters.receive(HIDDEN_SECONDS)).toHaveLength(10);
    });

    it('moves a message to its main queue', async () => {
      await subject.put({ body: 'hello' });
      for (const letter of await letters.receive(HIDDEN_SECONDS)) await letters.sendBack(letter);

      expect(await subject.sentBack()).toEqual(['hello']);
      expect(await letters.count()).toBe(0);
    });

    it('deletes a message without sending it anywhere', async () => {
      await subject.put({ body: 'hello' });
      for (const letter of await letters.receive(HIDDEN_SECONDS)) await letters.delete(letter);

      expect(await letters.count()).toBe(0);
      expect(await subject.sentBack()).toEqual([]);
    });
  });
}

/** @param make gives an empty FIFO queue */
export function describeFifoDeadLetters(name: string, make: () => Promise<DeadLettersSubject>): void {
  describe(name, () => {
    it('receives no further message of a group while one is hidden', async () => {
      const { letters, put } = await make();
      await put({ body: 'one', groupId: 'a' });
      const [first] = await letters.receive(HIDDEN_SECONDS);
      await put({ body: 'two', groupId: 'a' });
      await put({ body: 'three', groupId: 'b' });

      expect(first).toMatchObject({ body: 'one', groupId: 'a' });
      expect((await letters.receive(HIDDEN_SECONDS)).map(({ body }) => body)).toEqual(['three']);
    });
  });
}
