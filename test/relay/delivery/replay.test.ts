import { describe, expect, it, vi } from 'vitest';
import { replay } from '../../../lib/relay/delivery/replay.ts';
import type { EventId } from '../../../lib/relay/model/ids.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, OK, ORDER, REFUSED, UNAVAILABLE } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const SHOP = anEndpointId('shop');

/** A relay with one event that was fanned out to `erp`. */
async function withEvent(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.endpoint('erp', attributes);
  const eventId = await relay.accepted();
  await relay.fanOut();
  return { relay, eventId };
}

/** The same, but the endpoint has refused it until its attempts were used up. */
async function withDeadDelivery(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.endpoint('erp', { maxAttempts: 1, ...attributes });
  relay.sender.answers.set('erp', REFUSED);
  const eventId = await relay.accepted();
  await relay.fanOut();
  relay.sender.answers.delete('erp');
  return { relay, eventId };
}

describe('replay', () => {
  it('has a dead delivery sent again, with the same id, and its outcome says so', async () => {
    const { relay, eventId } = await withDeadDelivery();

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('owed');
    expect(await relay.owed('attention#erp')).toEqual([]);
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, eventId]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms, replayed' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('has an event sent again that was delivered at the first attempt and has no row', async () => {
    const { relay, eventId } = await withEvent();

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('owed');
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, eventId]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms, replayed' });
    expect(await relay.rows()).toMatchObject([{ state: 'delivered', replayedAt: expect.any(Date) }]);
  });

  it('has an event sent to an endpoint that was added after it', async () => {
    const { relay, eventId } = await withEvent();
    relay.newEndpoint('shop');
    relay.minutes(1);

    expect(await replay(relay.relay, await relay.event(eventId), SHOP)).toBe('owed');
    await relay.run(2);

    expect(relay.sender.eventsTo('shop')).toEqual([eventId]);
    expect(await relay.outcomes(eventId)).toEqual({
      erp: 'delivered 200 in 0 ms',
      shop: 'delivered 200 in 0 ms, replayed',
    });
  });

  it('makes a health row for such an endpoint, by which sweep finds what it is owed', async () => {
    const { relay, eventId } = await withEvent();

    await replay(relay.relay, await relay.event(eventId), SHOP);

    expect(await relay.healthOf('shop')).toMatchObject({ state: 'ok' });
  });

  it('counts the attempts of a settled delivery from the start', async () => {
    const { relay, eventId } = await withDeadDelivery({ maxAttempts: 2 });
    relay.sender.answers.set('erp', REFUSED);
    await relay.run(3);
    expect(await relay.rows()).toMatchObject([{ state: 'dead', attemptCount: 2 }]);

    await replay(relay.relay, await relay.event(eventId), ERP);
    await relay.run(1);

    const [row] = await relay.rows();
    expect(row).toMatchObject({ state: 'pending', attemptCount: 1 });
    expect(row?.attempts).toHaveLength(3);
    await relay.run(3);
    expect(await relay.rows()).toMatchObject([{ state: 'dead', attemptCount: 2 }]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'dead: 400 in 0 ms, attempt 2, replayed' });
  });

  it('does not wait for the next attempt of a pending delivery', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', { kind: 'answer', status: 400, text: 'no' });
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.clock.advance(6_000);
    await relay.deliver();
    expect(await relay.rows()).toMatchObject([{ state: 'pending', attemptCount: 2 }]);
    relay.sender.answers.delete('erp');

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('owed');
    await relay.run(1);

    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });

  it('says `under way` of a delivery that is being sent at this moment, and changes nothing', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();
    await relay.fanOut();
    const leaseUntil = new Date(relay.clock.now().getTime() + 20_000);
    const unleased = { state: 'pending', leaseId: undefined } as const;
    await relay.eventLog.updateDelivery({ orderKey: ORDER, eventId, endpointId: ERP }, unleased, {
      state: 'leased',
      leaseId: 'held',
      leaseUntil,
    });
    const before = await relay.rows();

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('under way');

    expect(await relay.rows()).toEqual(before);
  });

  it('says `under way` when the row has moved on since it was read', async () => {
    const { relay, eventId } = await withDeadDelivery();
    vi.spyOn(relay.eventLog, 'updateDelivery').mockResolvedValueOnce(false);

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('under way');
  });

  it('says `under way` when another one was faster to add the row', async () => {
    const { relay, eventId } = await withEvent();
    vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockResolvedValueOnce(false);

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('under way');
  });

  it('says `not fanned out` of an event whose first attempt is yet to come', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('not fanned out');
    expect(await relay.rows()).toEqual([]);
  });

  it('says `erased` of an event whose order was forgotten', async () => {
    const relay = aRelay();
    const eventId = await relay.accepted();
    await relay.eventLog.noteForgotten({ orderKey: ORDER, eventId });

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('erased');
    expect(await relay.rows()).toEqual([]);
  });

  it('has what was cancelled with a disabled endpoint sent once the endpoint is enabled', async () => {
    const { relay, eventId } = await withEvent();
    relay.health('erp', { state: 'disabled', reason: 'it answered 410: gone for good' });
    relay.clock.advance(11_000);
    const missed = await relay.accepted();
    await relay.fanOut();
    relay.health('erp', { state: 'ok' });
    relay.clock.advance(11_000);

    await replay(relay.relay, await relay.event(missed), ERP);
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, missed]);
    expect(await relay.outcomes(missed)).toEqual({ erp: 'delivered 200 in 0 ms, replayed' });
  });
});

describe('a replay of an event that is not its order’s newest', () => {
  it('gives way once more for an endpoint ordered `latest`', async () => {
    const { relay, eventId } = await withEvent();
    const newer = await relay.accepted();
    await relay.fanOut();

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('owed');
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, newer]);
    expect(await relay.outcomes(eventId)).toEqual({
      erp: expect.stringMatching(/^superseded: .*, replayed$/),
    });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('gives way to a newer one that came between the replay and its attempt', async () => {
    const { relay, eventId } = await withEvent();
    await replay(relay.relay, await relay.event(eventId), ERP);

    const newer = await relay.accepted();
    await relay.fanOut();
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, newer]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('waits while fan-out may be sending a newer one, and then gives way to it', async () => {
    const { relay, eventId } = await withEvent();
    const newer = await relay.accepted();
    await replay(relay.relay, await relay.event(eventId), ERP);
    relay.minutes(1);

    await relay.sweep();
    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([{ eventId, state: 'pending' }]);

    await relay.fanOut();
    await relay.run(1);
    expect(relay.sender.eventsTo('erp')).toEqual([eventId, newer]);
    expect(await relay.rows()).toMatchObject([{ eventId, state: 'superseded' }]);
  });

  it.each([
    ['at the first attempt', OK],
    ['at the second attempt', REFUSED],
  ])(
    'gives way to one that was delivered %s, though that one’s own replay came to nothing',
    async (_, first) => {
      const { relay, eventId } = await withEvent();
      relay.sender.answers.set('erp', first);
      const newer = await relay.accepted();
      await relay.fanOut();
      relay.sender.answers.delete('erp');
      await relay.run(2);
      await replay(relay.relay, await relay.event(newer), ERP);
      relay.sender.answers.set('erp', REFUSED);
      relay.newEndpoint('erp', { maxAttempts: 1 });
      await relay.run(2);
      expect((await relay.rows()).at(-1)).toMatchObject({ eventId: newer, state: 'dead' });
      relay.sender.requests.length = 0;

      await replay(relay.relay, await relay.event(eventId), ERP);
      await relay.run(2);

      expect(relay.sender.requests).toEqual([]);
    },
  );

  it.each(['strict', 'none'])('is sent all the same to an endpoint ordered `%s`', async (ordering) => {
    const { relay, eventId } = await withEvent({ ordering });
    const newer = await relay.accepted();
    await relay.fanOut();

    await replay(relay.relay, await relay.event(eventId), ERP);
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, newer, eventId]);
  });

  it('holds what follows back for an endpoint ordered `strict`, until it is settled', async () => {
    const { relay, eventId } = await withEvent({ ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await replay(relay.relay, await relay.event(eventId), ERP);
    await relay.run(1);

    const newer = await relay.accepted();
    await relay.fanOut();
    expect(await relay.outcomes(newer)).toEqual({ erp: 'pending: behind an earlier delivery' });

    relay.sender.answers.delete('erp');
    await relay.run(2);
    expect(relay.sender.eventsTo('erp').slice(-2)).toEqual([eventId, newer]);
  });
});

describe('the replay of what an endpoint has lost', () => {
  it('is sent, though a newer event was skipped as unchanged', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    const first = await relay.accepted();
    await relay.work();
    await relay.accepted();
    await relay.work();

    await replay(relay.relay, await relay.event(first), anEndpointId('erp'));
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([first, first]);
  });
});

describe('the row of a replayed delivery', () => {
  it('records that the endpoint received the event inline, at the time of the fan-out', async () => {
    const { relay, eventId } = await withEvent();
    const { fannedOutAt } = await relay.event(eventId);
    relay.minutes(1);

    await replay(relay.relay, await relay.event(eventId), ERP);

    const [row] = await relay.rows();
    expect(row).toMatchObject({ reason: 'replay', replayedAt: relay.clock.now() });
    expect(row).toHaveProperty('possiblyDeliveredAt', fannedOutAt);
    expect(row).not.toHaveProperty('filterPending');
  });

  it('asks for the filter, and records no receipt, when the filter refused the event', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { filter: 'no event' });
    relay.expressions.means('no event', () => false);
    const eventId = await relay.accepted();
    await relay.fanOut();

    await replay(relay.relay, await relay.event(eventId), ERP);

    const [row] = await relay.rows();
    expect(row).toHaveProperty('filterPending', true);
    expect(row).not.toHaveProperty('possiblyDeliveredAt');
  });

  it('records no receipt for an endpoint that has no outcome', async () => {
    const { relay, eventId } = await withEvent();

    await replay(relay.relay, await relay.event(eventId), SHOP);

    expect((await relay.rows())[0]).not.toHaveProperty('possiblyDeliveredAt');
  });

  it('records no receipt for an event whose outcomes a person has removed', async () => {
    const { relay, eventId } = await withEvent();
    const { outcomes: _, ...event } = await relay.event(eventId);

    expect(await replay(relay.relay, event, ERP)).toBe('owed');
    expect((await relay.rows())[0]).not.toHaveProperty('possiblyDeliveredAt');
  });

  it.each<[string, (relay: ReturnType<typeof aRelay>) => void]>([
    ['absent', (relay) => relay.configTable.remove('endpoint', 'erp')],
    ['invalid', (relay) => relay.configTable.put('endpoint', 'erp', { url: 'no URL' })],
    ['one with a filter', (relay) => relay.newEndpoint('erp', { filter: 'true' })],
  ])('asks for the filter when the endpoint’s row is %s', async (_, change) => {
    const { relay, eventId } = await withDeadDelivery();
    change(relay);
    relay.minutes(1);

    await replay(relay.relay, await relay.event(eventId), ERP);

    expect(await relay.rows()).toMatchObject([{ state: 'pending', filterPending: true }]);
  });

  it('does not ask for the filter because of the filter of another endpoint', async () => {
    const { relay, eventId } = await withDeadDelivery();
    relay.newEndpoint('aaa', { filter: 'true' });
    relay.minutes(1);

    await replay(relay.relay, await relay.event(eventId), ERP);

    expect((await relay.rows())[0]).not.toHaveProperty('filterPending');
  });

  it('is that of this event and this endpoint, among the rows of the order', async () => {
    const relay = aRelay();
    for (const id of ['aaa', 'erp', 'zzz']) relay.endpoint(id, { maxAttempts: 1, ordering: 'none' });
    for (const id of ['aaa', 'erp', 'zzz']) relay.sender.answers.set(id, REFUSED);
    const ids = [await relay.accepted(), await relay.accepted(), await relay.accepted()];
    await relay.fanOut();
    const [, eventId] = ids as [EventId, EventId, EventId];

    await replay(relay.relay, await relay.event(eventId), ERP);

    const replayed = (await relay.rows()).filter(({ replayedAt }) => replayedAt !== undefined);
    expect(replayed).toMatchObject([{ eventId, endpointId: ERP, state: 'pending' }]);
  });
});
