import { describe, expect, it } from 'vitest';
import { aRelay, OK, UNAVAILABLE } from '../a-relay.ts';

describe('deliver for an endpoint ordered `strict`', () => {
  it('sends the older first, and the next one once that has ended', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    const newer = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    relay.clock.advance(6_000);

    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([older, older, newer]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('sends nothing of the order while its oldest delivery waits for its next attempt', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await relay.accepted();
    await relay.fanOut();
    await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    relay.clock.advance(2_000);

    await relay.deliver();

    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { state: 'pending' }]);
  });
});

describe('an endpoint ordered `strict` that refuses an event', () => {
  /** The order's first event is refused with a status, and the second one waits behind it. */
  async function refusing(status: number, ordering = 'strict') {
    const relay = aRelay();
    relay.endpoint('erp', { ordering });
    relay.sender.answers.set('erp', { kind: 'answer', status, text: 'no' });
    const refused = await relay.accepted();
    await relay.fanOut();
    const next = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.set('erp', async ({ headers }) =>
      headers['webhook-id'] === refused ? { kind: 'answer', status, text: 'no' } : OK,
    );
    return { relay, refused, next };
  }

  it.each([400, 401, 404, 409, 422, 499])(
    'gets it three times, then its order goes on: %i',
    async (status) => {
      const { relay, refused, next } = await refusing(status);

      await relay.run(10);

      expect(relay.sender.eventsTo('erp')).toEqual([refused, refused, refused, next]);
      expect(await relay.outcomes(refused)).toEqual({ erp: `dead: ${status} in 0 ms, attempt 3` });
      expect(await relay.outcomes(next)).toEqual({ erp: 'delivered 200 in 0 ms' });
      expect(await relay.owed('attention#erp')).toMatchObject([{ eventId: refused }]);
    },
  );

  it.each([302, 408, 425, 429, 500, 503])(
    'gets it again and again while the answer may pass with time, and its order waits: %i',
    async (status) => {
      const { relay, refused } = await refusing(status);

      await relay.run(60);

      expect(new Set(relay.sender.eventsTo('erp'))).toEqual(new Set([refused]));
      expect(relay.sender.requests.length).toBeGreaterThan(3);
      expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { state: 'pending' }]);
    },
  );

  it('gets it again and again with `none`, for nothing waits behind it', async () => {
    const { relay, next } = await refusing(400, 'none');

    await relay.run(60);

    expect(relay.sender.eventsTo('erp')).toContain(next);
    expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { state: 'delivered' }]);
  });
});
