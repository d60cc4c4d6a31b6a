import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import type { DeliveryMessage } from '../../../lib/relay/ports/queues.ts';
import { InMemoryDeliveryQueue } from '../../../lib/server/queues/in-memory-delivery-queue.ts';
import { anEndpointId, anEvent } from '../../ports/builders.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A queue whose runs of deliver end when the test says so. */
function aQueue({ capacity = 1_000, onRoom = () => {} } = {}) {
  const runs: { readonly keys: readonly DeliveryKey[]; end: (returned?: readonly DeliveryKey[]) => void }[] =
    [];
  const queue = new InMemoryDeliveryQueue({ capacity, onRoom });
  queue.start(
    (keys) =>
      new Promise((resolve) => {
        runs.push({ keys, end: (returned = []) => resolve(returned) });
      }),
  );
  return { queue, runs };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

function aMessage({ endpoint = 'erp', delaySeconds = 0 } = {}): DeliveryMessage {
  const { orderKey, eventId } = anEvent();
  return { orderKey, eventId, endpointId: anEndpointId(endpoint), delaySeconds };
}

function keyOf({ orderKey, eventId, endpointId }: DeliveryMessage): DeliveryKey {
  return { orderKey, eventId, endpointId };
}

describe('the delivery queue in memory', () => {
  it('gives messages that are sent together to one run for each endpoint', async () => {
    const { queue, runs } = aQueue();
    const messages = [aMessage(), aMessage({ endpoint: 'shop' }), aMessage()] as const;

    await queue.send(messages);
    await settle();

    expect(runs.map(({ keys }) => keys)).toEqual([
      [keyOf(messages[0]), keyOf(messages[2])],
      [keyOf(messages[1])],
    ]);
  });

  it('gives at most a hundred to a run', async () => {
    const { queue, runs } = aQueue();

    await queue.send(Array.from({ length: 101 }, () => aMessage()));
    await settle();
    runs[0]?.end();
    await settle();

    expect(runs.map(({ keys }) => keys.length)).toEqual([100, 1]);
  });

  it('delays a message by the time that it names', async () => {
    const { queue, runs } = aQueue();

    await queue.send([aMessage({ delaySeconds: 300 })]);
    await vi.advanceTimersByTimeAsync(299_999);
    expect(runs).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);

    expect(runs).toHaveLength(1);
  });

  it('starts a second run of a busy endpoint, and no third', async () => {
    const { queue, runs } = aQueue();
    const messages = [aMessage(), aMessage(), aMessage()] as const;

    for (const message of messages) {
      await queue.send([message]);
      await settle();
    }
    expect(runs.map(({ keys }) => keys)).toEqual([[keyOf(messages[0])], [keyOf(messages[1])]]);
    runs[1]?.end();
    await settle();

    expect(runs[2]?.keys).toEqual([keyOf(messages[2])]);
  });

  it('serves another endpoint while one is busy', async () => {
    const { queue, runs } = aQueue();
    for (let sent = 0; sent < 3; sent++) {
      await queue.send([aMessage()]);
      await settle();
    }

    await queue.send([aMessage({ endpoint: 'shop' })]);
    await settle();

    expect(runs.at(-1)?.keys[0]?.endpointId).toBe('shop');
  });

  it('repeats a returned message after a growing delay', async () => {
    const { queue, runs } = aQueue();
    const message = aMessage();
    await queue.send([message]);
    await settle();

    runs[0]?.end(runs[0].keys);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs[1]?.keys).toEqual([keyOf(message)]);
    runs[1]?.end(runs[1].keys);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(runs).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);

    expect(runs).toHaveLength(3);
  });

  it('drops messages beyond its capacity, delayed ones included, and says when there is room again', async () => {
    const onRoom = vi.fn();
    const { queue, runs } = aQueue({ capacity: 2, onRoom });
    const [first, second, third] = [aMessage(), aMessage({ delaySeconds: 5 }), aMessage()] as const;

    await queue.send([first, second, third]);
    await settle();
    expect(runs.map(({ keys }) => keys)).toEqual([[keyOf(first)]]);
    expect(onRoom).not.toHaveBeenCalled();
    runs[0]?.end();
    await settle();

    expect(onRoom).toHaveBeenCalledOnce();
  });

  it('starts nothing after it was stopped, and waits for what runs', async () => {
    const { queue, runs } = aQueue();
    const ended = vi.fn();
    await queue.send([aMessage(), aMessage({ delaySeconds: 5 })]);
    await settle();

    const stopped = queue.stop().then(ended);
    await queue.send([aMessage({ endpoint: 'shop' })]);
    await settle();
    expect(ended).not.toHaveBeenCalled();
    runs[0]?.end(runs[0].keys);
    await stopped;

    expect(runs).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
