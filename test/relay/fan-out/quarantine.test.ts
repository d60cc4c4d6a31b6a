import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { shardOf } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, ORDER } from '../a-relay.ts';
import { outcomeTexts } from '../outcome-texts.ts';
import { heal, poison, receive } from './failing-fan-out.ts';

describe('an event whose fan-out fails', () => {
  it('delays its order at first, so that nothing overtakes it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    poison(relay, await relay.accepted());
    const next = await relay.accepted();

    await receive(relay, relay.eventQueue.take(), 4);

    expect(relay.sender.requests).toEqual([]);
    expect((await relay.event(next)).fannedOutAt).toBeUndefined();
    expect(relay.telemetry.counts.get('EventsQuarantined')).toBeUndefined();
  });

  it('is quarantined after five failures in a row, and its order continues', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const bad = await relay.accepted();
    const triedAt = poison(relay, bad);
    const next = await relay.accepted();

    await receive(relay, relay.eventQueue.take(), 6);
    await relay.deliver();

    expect(triedAt).toHaveLength(5);
    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect((await relay.event(next)).fannedOutAt).toBeDefined();
    expect(await relay.event(bad)).toMatchObject({ fanOutAttempts: 5 });
    expect((await relay.event(bad)).fannedOutAt).toBeUndefined();
    expect(relay.telemetry.counts.get('EventsQuarantined')).toBe(1);
  });

  it('lets the messages of its order end, and is retried by sweep alone', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const bad = await relay.accepted();
    poison(relay, bad);
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));
    await receive(relay, messages, 4);

    expect(await fanOut(relay.relay, messages)).toEqual([]);

    const { quarantinedUntil } = await relay.event(bad);
    expect(quarantinedUntil).toEqual(new Date(relay.clock.now().getTime() + 60_000));
    expect(await relay.owed(`fan-out#${shardOf(bad)}`)).toMatchObject([
      { eventId: bad, dueAt: quarantinedUntil },
    ]);
  });

  it('delays no other order', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    poison(relay, await relay.accepted({ Id: '1' }));
    const other = await relay.accepted({ Id: '2' });

    await receive(relay, relay.eventQueue.take(), 2);

    expect(relay.sender.eventsTo('erp')).toEqual([other]);
  });

  it('is sent once its fan-out succeeds again', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const bad = await relay.accepted();
    poison(relay, bad);
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([bad]);
    const event = await relay.event(bad);
    expect(outcomeTexts(event)).toEqual({ erp: 'delivered 200 in 0 ms' });
    expect(event).not.toHaveProperty('quarantinedUntil');
    expect(await relay.owed(`fan-out#${shardOf(bad)}`)).toEqual([]);
  });

  it('is retried after 1, 5, 15, 30 and 60 minutes, then every hour', async () => {
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

  it('needs attention after three days, and is not retried any more', async () => {
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
    expect((await relay.event(bad)).abandonedAt).toBeInstanceOf(Date);
    expect(relay.telemetry.counts.get('EventsAbandoned')).toBe(1);

    const tries = triedAt.length;
    await relay.accepted();
    await relay.run(120);
    expect(triedAt).toHaveLength(tries);
  });

  it('does not delay its order once it needs attention', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    const bad = await relay.accepted();
    await relay.eventLog.recordFanOutAttempt(await relay.event(bad), {
      fanOutAttempts: 83,
      abandonedAt: relay.clock.now(),
      owedTo: 'attention#fan-out',
      dueAt: relay.clock.now(),
    });

    const next = await relay.accepted();
    await relay.fanOut();
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect(await relay.event(bad)).toMatchObject({ fanOutAttempts: 83 });
    expect(relay.telemetry.counts.get('EventsAbandoned')).toBeUndefined();
  });
});

describe('a table that fails for a moment', () => {
  it('quarantines nothing: an order that cannot be read counts no failure', async () => {
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
    expect(relay.telemetry.counts.get('EventsQuarantined')).toBeUndefined();
  });

  it('starts no repeated fan-out whose try could not be noted', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));
    vi.spyOn(relay.eventLog, 'recordFanOutAttempt').mockRejectedValue(new StoreError('throttled'));

    expect(await fanOut(relay.relay, messages)).toEqual(messages);

    expect(relay.sender.requests).toEqual([]);
  });

  it('leaves an event to the run that has taken it on', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    const messages = relay.eventQueue.take().map((each) => ({ ...each, receivedBefore: true }));
    const read = await Array.fromAsync(relay.eventLog.eventsNewestFirst(ORDER));
    vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementationOnce(async function* () {
      yield* read;
    });
    await relay.eventLog.recordFanOutAttempt(await relay.event(eventId), { fanOutAttempts: 1 });

    expect(await fanOut(relay.relay, messages)).toEqual(messages);

    expect(relay.sender.requests).toEqual([]);
  });

  it('notes no first try: a healthy event costs no write for it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const note = vi.spyOn(relay.eventLog, 'recordFanOutAttempt');

    await relay.accepted();
    await relay.fanOut();

    expect(note).not.toHaveBeenCalled();
    expect((await relay.eventLog.deliveries(ORDER)).length).toBe(0);
  });
});
