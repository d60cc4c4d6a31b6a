import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../a-relay.ts';

const ERP = anEndpointId('erp');

/** Two pending deliveries of one order, of which neither supersedes the other yet: the endpoint's row was invalid. */
async function withTwoPending(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', { url: 17 });
  const older = await relay.accepted();
  const newest = await relay.accepted();
  await relay.fanOut();
  relay.newEndpoint('erp', attributes);
  relay.minutes(1);
  const keyOf = (eventId: typeof older) => ({ orderKey: ORDER, eventId, endpointId: ERP });
  const outcomeOf = async (eventId: typeof older) => (await relay.outcomes(eventId))[ERP];
  return { relay, older, newest, keyOf, outcomeOf };
}

describe('deliver for an endpoint ordered `latest`', () => {
  it('sends the newest when a message names an older one, which is superseded', async () => {
    const { relay, older, newest, keyOf, outcomeOf } = await withTwoPending();

    await deliver(relay.relay, [keyOf(older)], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([newest]);
    expect(await outcomeOf(older)).toBe('superseded: a newer event took its place');
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('does not send an older snapshot after fan-out has delivered a newer one', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    const newer = await relay.accepted();
    await relay.fanOut();
    relay.clock.advance(6_000);

    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([older, newer]);
    expect(await relay.rows()).toMatchObject([{ eventId: older, state: 'superseded' }]);
  });

  it('supersedes the older one before the newest is due', async () => {
    const { relay, older, newest, keyOf, outcomeOf } = await withTwoPending();
    const nextAttemptAt = new Date(relay.clock.now().getTime() + 600_000);
    const unleased = { state: 'pending', leaseId: undefined } as const;
    await relay.eventLog.updateDelivery(keyOf(newest), unleased, {
      ...{ nextAttemptAt, dueAt: nextAttemptAt, filterPending: null },
    });

    await deliver(relay.relay, [keyOf(older)], relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(await outcomeOf(older)).toMatch(/^superseded/);
    expect((await relay.rows())[1]).toMatchObject({ state: 'pending', nextAttemptAt });
  });

  it('sends nothing while a newer event is not fanned out: fan-out may be sending it', async () => {
    const { relay, newest, keyOf } = await withTwoPending();
    await relay.accepted();

    await deliver(relay.relay, [keyOf(newest)], relay.deadline());

    expect(relay.sender.requests).toEqual([]);
  });

  it('sends the newest that it can once fan-out has given the newer event up', async () => {
    const { relay, newest, keyOf } = await withTwoPending();
    const newer = await relay.accepted();
    await relay.eventLog.recordFanOutAttempt(await relay.event(newer), {
      fanOutAttempts: 83,
      abandonedAt: relay.clock.now(),
    });

    await deliver(relay.relay, [keyOf(newest)], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([newest]);
  });
});

describe('a newest delivery that cannot be sent', () => {
  it.each<[string, (relay: ReturnType<typeof aRelay>) => Promise<undefined>, RegExp]>([
    [
      'its payload row cannot be read',
      () => Promise.reject(new UnreadableRowError('no body')),
      /^dead: payload row/,
    ],
    ['its payload has expired', async () => undefined, /^dead: payload is gone/],
  ])('does not supersede the older one: %s', async (_, read, expected) => {
    const { relay, older, newest, keyOf, outcomeOf } = await withTwoPending();
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.eventId === newest ? read(relay) : payload(key),
    );

    await deliver(relay.relay, [keyOf(newest)], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await outcomeOf(newest)).toMatch(expected);
    expect(await outcomeOf(older)).toBe('delivered 200 in 0 ms');
  });

  it('does not supersede the older one: its payload was erased', async () => {
    const { relay, older, newest, keyOf, outcomeOf } = await withTwoPending();
    await relay.eventLog.noteForgotten(keyOf(newest));
    await relay.eventLog.erasePayload(keyOf(newest));

    await deliver(relay.relay, [keyOf(newest)], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await outcomeOf(newest)).toBe('skipped: payload was erased');
  });

  it('does not supersede the older one: the filter refuses it', async () => {
    const { relay, older, newest, keyOf, outcomeOf } = await withTwoPending({ filter: 'wanted' });
    relay.expressions.means('wanted', ({ event }) => event.id === older);

    await deliver(relay.relay, [keyOf(newest)], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await outcomeOf(newest)).toBe('skipped: refused by the filter');
  });
});
