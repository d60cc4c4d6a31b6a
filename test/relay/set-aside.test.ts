import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../lib/relay/fan-out.ts';
import { type EventId, orderKeyOf, shardOf } from '../../lib/relay/ids.ts';
import { type EventMessage, StoreError } from '../../lib/relay/ports.ts';
import { aRelay, ORDER, SOURCE } from './a-relay.ts';

type ARelay = ReturnType<typeof aRelay>;

/** Has every fan-out of an event fail, whichever way it is tried; gives the moments at which it was. */
function poison(relay: ARelay, eventId: EventId): Date[] {
  const triedAt: Date[] = [];
  const payload = relay.eventLog.payload.bind(relay.eventLog);
  vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) => {
    if (key.eventId !== eventId) return payload(key);
    triedAt.push(relay.clock.now());
    return Promise.reject(new StoreError('row cannot be read'));
  });
  return triedAt;
}

const heal = () => vi.restoreAllMocks();

/** Receives the same messages again and again, as SQS does while they are returned. */
async function receive(relay: ARelay, messages: readonly EventMessage[], count: number): Promise<void> {
  let returned = messages;
  for (let received = 0; received < count; received++) {
    returned = await fanOut(relay.relay, returned, relay.deadline());
    returned = returned.map((message) => ({ ...message, receivedBefore: true }));
    relay.clock.advance(5_000);
  }
}

describe('an event whose fan-out fails', () => {
  it('holds its order up at first: what follows might overtake it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    poison(relay, await relay.accepted());
    const next = await relay.accepted();

    await receive(relay, relay.eventQueue.take(), 4);

    expect(relay.sender.requests).toEqual([]);
    expect((await relay.event(next)).fannedOutAt).toBeUndefined();
    expect(relay.telemetry.counts.get('EventsSetAside')).toBeUndefined();
  });

  it('is set aside after five failures in turn, and its order goes on', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const bad = await relay.accepted();
    const triedAt = poison(relay, bad);
    const next = await relay.accepted();

    await receive(relay, relay.eventQueue.take(), 6);

    expect(triedAt).toHaveLength(5);
    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect((await relay.event(next)).fannedOutAt).toBeDefined();
    expect(await relay.event(bad)).toMatchObject({ fanOutTries: 5 });
    expect((await relay.event(bad)).fannedOutAt).toBeUndefined();
    expect(relay.telemetry.counts.get('EventsSetAside')).toBe(1);
  });

  it('lets the messages of its order end, and is woken by sweep alone', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const bad = await relay.accepted();
    poison(relay, bad);
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));
    await receive(relay, messages, 4);

    expect(await fanOut(relay.relay, messages, relay.deadline())).toEqual([]);

    const { setAsideUntil } = await relay.event(bad);
    expect(setAsideUntil).toEqual(new Date(relay.clock.now().getTime() + 60_000));
    expect(await relay.owed(`fan-out#${shardOf(bad)}`)).toMatchObject([
      { eventId: bad, dueAt: setAsideUntil },
    ]);
  });

  it('holds up no other order in the meantime', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    poison(relay, await relay.accepted({ Id: '1' }));
    const other = await relay.accepted({ Id: '2' });

    await receive(relay, relay.eventQueue.take(), 2);

    expect(relay.sender.eventsTo('erp')).toEqual([other]);
  });

  it('is sent once what was wrong is mended, and owed no longer', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const bad = await relay.accepted();
    poison(relay, bad);
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([bad]);
    const event = await relay.event(bad);
    expect(event.outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
    expect(event).not.toHaveProperty('setAsideUntil');
    expect(await relay.owed(`fan-out#${shardOf(bad)}`)).toEqual([]);
  });

  it('is tried ever more rarely, after 1, 5, 15, 30 and 60 minutes, then every hour', async () => {
    const relay = aRelay();
    const triedAt = poison(relay, await relay.accepted());
    await receive(relay, relay.eventQueue.take(), 6);

    await relay.run(8 * 60);

    const minutesBetween = triedAt
      .slice(5)
      .map((at, n) => (at.getTime() - (triedAt[4 + n]?.getTime() ?? 0)) / 60_000);
    // Sweep comes once a minute, and finds it in the minute after its time.
    const wanted = [1, 5, 15, 30, 60, 60, 60, 60, 60, 60];
    expect(minutesBetween.length).toBeGreaterThanOrEqual(9);
    for (const [n, minutes] of minutesBetween.entries()) {
      expect(minutes).toBeGreaterThanOrEqual(wanted[n] ?? 60);
      expect(minutes).toBeLessThanOrEqual((wanted[n] ?? 60) + 2);
    }
  });

  it('is left to a person after three days, and not tried any more', async () => {
    const relay = aRelay();
    const bad = await relay.accepted();
    const triedAt = poison(relay, bad);
    const startMs = relay.clock.now().getTime();
    await receive(relay, relay.eventQueue.take(), 6);

    await relay.run(80 * 60);

    const hours = ((triedAt.at(-1)?.getTime() ?? 0) - startMs) / 3_600_000;
    expect(hours).toBeGreaterThan(72);
    expect(hours).toBeLessThan(77);
    expect(await relay.owed('attention#fan-out')).toMatchObject([{ eventId: bad }]);
    expect(await relay.owed(`fan-out#${shardOf(bad)}`)).toEqual([]);
    expect((await relay.event(bad)).givenUpAt).toBeInstanceOf(Date);
    expect(relay.telemetry.counts.get('NeedsAttention')).toBe(1);

    const tries = triedAt.length;
    await relay.accepted();
    await relay.run(120);
    expect(triedAt).toHaveLength(tries);
  });

  it('does not hold its order up once it is left to a person', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    const bad = await relay.accepted();
    await relay.eventLog.noteFanOutTry(await relay.event(bad), {
      fanOutTries: 83,
      givenUpAt: relay.clock.now(),
      owedTo: 'attention#fan-out',
      dueAt: relay.clock.now(),
    });

    const next = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect(await relay.event(bad)).toMatchObject({ fanOutTries: 83 });
    expect(relay.telemetry.counts.get('NeedsAttention')).toBeUndefined();
  });
});

describe('a fan-out that fails over a whole weekend', () => {
  it.each(['strict', 'none', 'latest'])('loses nothing for an endpoint ordered `%s`', async (ordering) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering });
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValue(new StoreError('a bad deployment'));
    const accepted: EventId[] = [];
    for (let hours = 0; hours < 60; hours += 6) {
      for (const order of ['a', 'b', 'c']) accepted.push(await relay.accepted({ Id: order }));
      await relay.run(6 * 60);
    }
    expect(relay.sender.requests).toEqual([]);
    heal();

    await relay.run(3 * 60);

    const sent = new Set(relay.sender.eventsTo('erp'));
    const newest = accepted.slice(-3);
    expect([...sent]).toEqual(expect.arrayContaining(ordering === 'latest' ? newest : accepted));
    for (const order of ['a', 'b', 'c']) {
      const orderKey = orderKeyOf(SOURCE, order);
      for await (const event of relay.eventLog.eventsNewestFirst(orderKey))
        expect(event.outcomes).toEqual({ erp: expect.stringMatching(/^(delivered|superseded)/) });
    }
    expect(relay.eventLog.allOwed()).toEqual([]);
  });
});

describe('an event that was set aside', () => {
  it('comes late to an endpoint ordered `strict`, which its outcome says', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    const bad = await relay.accepted();
    poison(relay, bad);
    const next = await relay.accepted();
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([next, bad]);
    expect((await relay.event(bad)).outcomes).toEqual({ erp: expect.stringMatching(/^delivered .*, late$/) });
    expect((await relay.event(next)).outcomes).toEqual({ erp: expect.not.stringContaining('late') });
  });

  it('says so as well when it had to be sent twice', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'strict' });
    const bad = await relay.accepted();
    poison(relay, bad);
    await relay.accepted();
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(5);

    expect(await relay.rows()).toMatchObject([
      { eventId: bad, late: true, state: 'delivered' },
      { state: 'delivered' },
    ]);
    expect((await relay.event(bad)).outcomes).toEqual({ erp: expect.stringMatching(/, late$/) });
  });

  it('gives way to the newer one for an endpoint ordered `latest`', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const bad = await relay.accepted();
    poison(relay, bad);
    const next = await relay.accepted();
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect((await relay.event(bad)).outcomes).toEqual({ erp: expect.stringMatching(/^superseded/) });
  });
});

describe('a table that fails for a moment', () => {
  it('sets nothing aside: what could not even be read is not counted', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    const messages = relay.eventQueue.take();
    vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementation(() => {
      throw new StoreError('throttled');
    });
    await receive(relay, messages, 20);
    heal();

    await receive(relay, messages, 1);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(relay.telemetry.counts.get('EventsSetAside')).toBeUndefined();
  });

  it('starts nothing whose beginning could not be noted', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));
    vi.spyOn(relay.eventLog, 'noteFanOutTry').mockRejectedValue(new StoreError('throttled'));

    expect(await fanOut(relay.relay, messages, relay.deadline())).toEqual(messages);

    expect(relay.sender.requests).toEqual([]);
  });

  it('leaves an event to the run that has gone on with it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));
    const read = await Array.fromAsync(relay.eventLog.eventsNewestFirst(ORDER));
    vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementationOnce(async function* () {
      yield* read;
    });
    await relay.eventLog.noteFanOutTry(await relay.event(eventId), { fanOutTries: 1 });

    expect(await fanOut(relay.relay, messages, relay.deadline())).toEqual(messages);

    expect(relay.sender.requests).toEqual([]);
  });

  it('needs no note of a first try: a healthy event costs no write for it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const note = vi.spyOn(relay.eventLog, 'noteFanOutTry');

    await relay.accepted();
    await relay.fanOut();

    expect(note).not.toHaveBeenCalled();
    expect((await relay.eventLog.deliveries(ORDER)).length).toBe(0);
  });
});
