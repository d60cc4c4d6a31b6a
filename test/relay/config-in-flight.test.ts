import { describe, expect, it } from 'vitest';
import type { EventId } from '../../lib/relay/model/ids.ts';
import { aRelay, OK, UNAVAILABLE } from './a-relay.ts';
import { whileTimePasses } from './while-time-passes.ts';

type ARelay = ReturnType<typeof aRelay>;

/** A relay whose endpoint `erp` has failed once, and is owed one delivery that is due again in five seconds. */
async function withPending(): Promise<{ relay: ARelay; eventId: EventId }> {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.sender.answers.set('erp', UNAVAILABLE);
  const eventId = await relay.accepted();
  await relay.fanOut();
  relay.sender.answers.delete('erp');
  relay.sender.requests.length = 0;
  return { relay, eventId };
}

describe('an endpoint that is removed while deliveries are pending', () => {
  it('is sent nothing more: they are cancelled, and listed for a person', async () => {
    const { relay, eventId } = await withPending();
    await relay.configTable.remove('endpoint', 'erp');

    await relay.run(5);

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint was removed' });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('keeps its health row for as long as something of it stands under attention', async () => {
    const { relay } = await withPending();
    await relay.configTable.remove('endpoint', 'erp');

    await relay.run(60);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
    expect(await relay.healthOf('erp')).not.toHaveProperty('goneSince');
  });

  it('loses its health row last, ten minutes after nothing was left', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted();
    await relay.fanOut();
    await relay.configTable.remove('endpoint', 'erp');

    await relay.run(1);
    expect(await relay.healthOf('erp')).toHaveProperty('goneSince', relay.clock.now().toISOString());
    await relay.run(9);
    expect(await relay.healthOf('erp')).toHaveProperty('goneSince');
    await relay.run(2);
    expect(await relay.healthOf('erp')).toEqual({});
  });

  it('keeps it when a delivery appears within those ten minutes, and has it cancelled', async () => {
    const { relay, eventId } = await withPending();
    const [row] = await relay.rows();
    await relay.configTable.remove('endpoint', 'erp');
    await relay.run(3);
    if (row === undefined) throw new Error('there should be a row');
    await relay.eventLog.updateDelivery(
      row,
      { state: 'cancelled', leaseId: undefined },
      { owedTo: null, dueAt: null },
    );
    await relay.run(5);
    expect(await relay.healthOf('erp')).toHaveProperty('goneSince');

    // A function that had read the config before wrote it only now.
    await relay.eventLog.updateDelivery(
      row,
      { state: 'cancelled', leaseId: undefined },
      { state: 'pending', owedTo: row.endpointId, dueAt: relay.clock.now(), settledAt: null },
    );
    await relay.run(20);

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint was removed' });
    expect(await relay.healthOf('erp')).not.toHaveProperty('goneSince');
  });

  it('gets what was not cancelled yet when it is added again', async () => {
    const { relay, eventId } = await withPending();
    await relay.configTable.remove('endpoint', 'erp');
    relay.clock.advance(30_000);
    await relay.deliver();
    relay.newEndpoint('erp');

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('goneSince');
  });

  it('counts the ten minutes anew when it was added again in between', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.configTable.remove('endpoint', 'erp');
    await relay.run(1);
    expect(await relay.healthOf('erp')).toHaveProperty('goneSince');

    relay.newEndpoint('erp');
    await relay.run(30);
    expect(await relay.healthOf('erp')).not.toHaveProperty('goneSince');
    await relay.configTable.remove('endpoint', 'erp');
    await relay.run(10);
    expect(await relay.healthOf('erp')).toHaveProperty('goneSince');
  });

  it('does not get what was cancelled when it is added again, but all that is new', async () => {
    const { relay, eventId } = await withPending();
    await relay.configTable.remove('endpoint', 'erp');
    await relay.run(5);
    relay.newEndpoint('erp');
    await relay.run(1);

    const next = await relay.accepted();
    await relay.fanOut();
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint was removed' });
  });
});

describe('an endpoint that is changed while deliveries are pending', () => {
  it('has them cancelled when it is disabled, and its new ones, too', async () => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', { state: 'disabled' });

    await relay.run(2);
    const next = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint is disabled' });
    expect(await relay.outcomes(next)).toEqual({ erp: 'cancelled: endpoint is disabled' });
    expect(await relay.owed('attention#erp')).toHaveLength(1);
  });

  it('has them wait while it is paused, however long, and gets them afterwards', async () => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', { state: 'paused' });
    await relay.run(24 * 60, 5);
    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ state: 'pending', attemptCount: 1 }]);

    relay.newEndpoint('erp');
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('is sent them at its new URL, with its new timeout', async () => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', { url: 'https://moved/in', timeoutSeconds: 3 });

    relay.clock.advance(11_000);
    await relay.deliver();

    expect(relay.sender.eventsTo('moved')).toEqual([eventId]);
    expect(relay.sender.requests).toMatchObject([{ url: 'https://moved/in?orderid=1', timeoutMs: 3_000 }]);
    expect(relay.sender.to('erp')).toEqual([]);
  });

  it('is allowed the attempts that its row allows by now', async () => {
    const { relay } = await withPending();
    relay.sender.answers.set('erp', UNAVAILABLE);
    relay.newEndpoint('erp', { maxAttempts: 2 });

    relay.clock.advance(11_000);
    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state: 'dead', attemptCount: 2 }]);
  });

  it('has them wait while its row is wrong, and gets them within two minutes of its being mended', async () => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', { url: 'erp.example.com/hook' });
    await relay.run(30);
    expect(await relay.rows()).toMatchObject([{ state: 'pending', attemptCount: 1 }]);

    relay.newEndpoint('erp');
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it.each([
    ['paused', { state: 'paused' }],
    ['wrong', { url: 'erp.example.com/hook' }],
  ])('gets them at once from a function that still believes it to be %s', async (_, attributes) => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', attributes);
    relay.minutes(1);
    await relay.config.endpoints();
    relay.newEndpoint('erp');

    // The function that sent the message had a newer config.
    relay.clock.advance(2_000);
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('has them cancelled when it does not hear their source any more', async () => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', { sources: ['other'] });

    await relay.run(2);

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({
      erp: 'cancelled: endpoint is not subscribed to this source',
    });
  });

  it('gets what waits behind one of its order when it is not ordered any more', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const first = await relay.accepted();
    await relay.fanOut();
    const second = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.set('erp', async ({ headers }) =>
      headers['webhook-id'] === first ? UNAVAILABLE : OK,
    );

    relay.newEndpoint('erp', { ordering: 'none' });
    await relay.run(2);

    expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { eventId: second, state: 'delivered' }]);
  });

  it('keeps to its new rate limit from the first delivery on', async () => {
    const { relay, eventId } = await withPending();
    relay.newEndpoint('erp', { rateLimitPerSecond: 0.01 });
    await relay.run(1);
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    const { nextSendAt } = await relay.healthOf('erp');
    expect(nextSendAt).toBe(new Date(relay.clock.now().getTime() + 100_000).toISOString());

    const next = await relay.accepted();
    await relay.fanOut();
    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);

    await whileTimePasses(relay, relay.run(2));
    expect(relay.sender.eventsTo('erp')).toEqual([eventId, next]);
  });
});
