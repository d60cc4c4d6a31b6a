import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventKey } from '../../../lib/relay/model/event.ts';
import type { EventMessage } from '../../../lib/relay/ports/queues.ts';
import { InMemoryEventQueue } from '../../../lib/server/queues/in-memory-event-queue.ts';
import { anEvent, anOrderKey, aPayload, eventsOf } from '../../ports/builders.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs of fan-out that end when the test says so. */
function aFanOut() {
  const runs: { readonly messages: readonly EventMessage[]; end: (returned?: EventMessage[]) => void }[] = [];
  const fanOut = (messages: readonly EventMessage[]) =>
    new Promise<readonly EventMessage[]>((resolve) => {
      runs.push({ messages, end: (returned = []) => resolve(returned) });
    });
  return { runs, fanOut, names: () => runs.map(({ messages }) => messages.map(({ eventId }) => eventId)) };
}

function aQueue({ concurrency = 10, capacity = 100, onRoom = () => {} } = {}) {
  const { runs, fanOut, names } = aFanOut();
  const queue = new InMemoryEventQueue({ concurrency, capacity, onRoom });
  queue.start(fanOut);
  return { queue, runs, names };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the event queue in memory', () => {
  it('gives the messages of one order to one run, together and in order', async () => {
    const [first, second] = threeOf();
    const fanOut = aFanOut();
    const queue = new InMemoryEventQueue({ concurrency: 10, capacity: 100, onRoom: () => {} });

    for (const message of [first, second]) await queue.send(message);
    queue.start(fanOut.fanOut);

    expect(fanOut.names()).toEqual([[first.eventId, second.eventId]]);
  });

  it('never runs one order twice at the same time', async () => {
    const { queue, runs, names } = aQueue();
    const [first, second, third] = threeOf();

    await queue.send(first);
    await queue.send(second);
    await queue.send(third);
    expect(names()).toEqual([[first.eventId]]);
    runs[0]?.end();
    await settle();

    expect(names()).toEqual([[first.eventId], [second.eventId, third.eventId]]);
  });

  it('runs other orders meanwhile, but not more than it may', async () => {
    const { queue, runs, names } = aQueue({ concurrency: 2 });
    const messages = [aMessage(), aMessage(), aMessage()] as const;

    for (const message of messages) await queue.send(message);
    expect(names()).toEqual([[messages[0].eventId], [messages[1].eventId]]);
    runs[1]?.end();
    await settle();

    expect(names()[2]).toEqual([messages[2].eventId]);
  });

  it('repeats a returned message after a growing delay, and says that it was received before', async () => {
    const { queue, runs } = aQueue();
    const message = aMessage();
    await queue.send(message);

    runs[0]?.end([message]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(runs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs[1]?.messages).toEqual([{ ...message, receivedBefore: true }]);
    runs[1]?.end([message]);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(runs).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);

    expect(runs).toHaveLength(3);
  });

  it('lets later messages of an order wait behind a returned one', async () => {
    const { queue, runs, names } = aQueue();
    const [first, second] = threeOf();
    await queue.send(first);

    runs[0]?.end([first]);
    await settle();
    await queue.send(second);
    expect(runs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);

    expect(names()[1]).toEqual([first.eventId, second.eventId]);
  });

  it('says of recovered events that they were received before', () => {
    const { queue, runs } = aQueue();
    const message = aMessage();

    queue.recover([message]);

    expect(runs[0]?.messages).toEqual([{ ...message, receivedBefore: true }]);
  });

  it('refuses an event that only the queue would hold', async () => {
    const { queue, runs } = aQueue();
    const event = anEvent();

    const sent = queue.send({ ...messageOf(event), fullEvent: { event, payload: aPayload() } });

    await expect(sent).rejects.toThrow('a queue in memory stores no event');
    expect(runs).toEqual([]);
  });

  it('drops messages beyond its capacity, and says when there is room again', async () => {
    const onRoom = vi.fn();
    const { queue, runs, names } = aQueue({ concurrency: 1, capacity: 2, onRoom });
    const messages = [aMessage(), aMessage(), aMessage()] as const;

    for (const message of messages) await queue.send(message);
    expect(onRoom).not.toHaveBeenCalled();
    runs[0]?.end();
    await settle();
    runs[1]?.end();
    await settle();

    expect(names()).toEqual([[messages[0].eventId], [messages[1].eventId]]);
    expect(onRoom).toHaveBeenCalledOnce();
  });

  it('lets senders go on at once while fan-out is not behind', async () => {
    const { queue } = aQueue({ concurrency: 2 });
    for (let sent = 0; sent < 4; sent++) await queue.send(aMessage());

    await queue.caughtUp();

    expect(vi.getTimerCount()).toBe(0);
  });

  it('releases as many senders as fan-out has room for, the longest waiting first', async () => {
    const { queue, runs } = aQueue({ concurrency: 1 });
    const released: string[] = [];
    for (let sent = 0; sent < 4; sent++) await queue.send(aMessage());
    for (const sender of ['first', 'second']) void queue.caughtUp().then(() => released.push(sender));

    runs[0]?.end();
    await settle();
    expect(released).toEqual([]);
    runs[1]?.end();
    await settle();
    expect(released).toEqual(['first']);
    runs[2]?.end();
    await settle();

    expect(released).toEqual(['first', 'second']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets no sender wait longer than a second', async () => {
    const { queue } = aQueue({ concurrency: 1 });
    const released = vi.fn();
    for (let sent = 0; sent < 4; sent++) await queue.send(aMessage());
    void queue.caughtUp().then(released);

    await vi.advanceTimersByTimeAsync(999);
    expect(released).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);

    expect(released).toHaveBeenCalledOnce();
  });

  it('starts nothing after it was stopped, and waits for what runs', async () => {
    const { queue, runs } = aQueue({ concurrency: 1 });
    const ended = vi.fn();
    await queue.send(aMessage());
    await queue.send(aMessage());

    const stopped = queue.stop().then(ended);
    await settle();
    expect(ended).not.toHaveBeenCalled();
    runs[0]?.end();
    await stopped;

    expect(runs).toHaveLength(1);
  });

  it('repeats no returned message after it was stopped', async () => {
    const { queue, runs } = aQueue();
    const message = aMessage();
    await queue.send(message);

    const stopped = queue.stop();
    runs[0]?.end([message]);
    await stopped;

    expect(vi.getTimerCount()).toBe(0);
  });
});

function messageOf({ orderKey, eventId }: EventKey): EventMessage {
  return { orderKey, eventId };
}

function aMessage(): EventMessage {
  return messageOf(anEvent());
}

/** Of one order. */
function threeOf(): [EventMessage, EventMessage, EventMessage] {
  const orderKey = anOrderKey();
  const [first, second, third] = eventsOf(orderKey, 3).map(({ eventId }) => eventId);
  if (!first || !second || !third) throw new Error('three events were asked for');
  return [
    { orderKey, eventId: first },
    { orderKey, eventId: second },
    { orderKey, eventId: third },
  ];
}
