import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, type FaultRates, Faults } from '../faults.ts';
import type { QueueBehaviour } from '../queue.ts';
import { Scheduler } from '../scheduler.ts';
import { LongQueue } from './queue.ts';

const NO_FAULTS = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultRates;

function aQueue(behaviour: Partial<QueueBehaviour> = {}) {
  const scheduler = new Scheduler(1);
  const faults = new Faults(scheduler, NO_FAULTS, {}, () => {});
  const queue = new LongQueue<string>(
    scheduler,
    faults,
    { fifo: true, visibilityMs: 60_000, batchSize: 10, maxReceives: 3, ...behaviour },
    () => {},
  );
  const pass = async (durationMs: number) => {
    let isOver = false;
    scheduler.after(durationMs, () => {
      isOver = true;
    });
    await scheduler.run(() => isOver);
  };
  const receive = () => queue.receive().map(({ message }) => message);
  return { queue, pass, receive };
}

describe('LongQueue', () => {
  it('keeps a group back while one of its messages is hidden', () => {
    const { queue, receive } = aQueue();
    queue.put('first', 'order', 0);
    const [first] = queue.receive();
    queue.put('second', 'order', 0);
    queue.put('other', 'other order', 0);

    expect(receive()).toEqual(['other']);
    first?.delete();
    expect(receive()).toEqual(['second']);
  });

  it('receives a returned message again after its delay, before the rest of its group', async () => {
    const { queue, pass, receive } = aQueue();
    queue.put('first', 'order', 0);
    queue.receive()[0]?.returnAfter(5_000);
    queue.put('second', 'order', 0);

    await pass(4_999);
    expect(receive()).toEqual([]);
    await pass(2);
    expect(receive()).toEqual(['first', 'second']);
  });

  it('moves a message to the dead-letter queue that was received too often', async () => {
    const { queue, pass, receive } = aQueue({ maxReceives: 2 });
    queue.put('message', 'order', 0);
    for (let receives = 1; receives <= 2; receives++) {
      expect(receive()).toEqual(['message']);
      await pass(60_001);
    }

    expect(receive()).toEqual([]);
    expect(queue.deadLetters).toEqual(['message']);
    expect(queue.size).toBe(0);
  });

  it('delays the messages of a standard queue, each by itself', async () => {
    const { queue, pass, receive } = aQueue({ fifo: false });
    queue.put('late', undefined, 10_000);
    queue.put('early', undefined, 0);

    await pass(1_000);
    expect(receive()).toEqual(['early']);
    await pass(10_000);
    expect(receive()).toEqual(['late']);
  });
});
