import { describe, expect, it } from 'vitest';
import { clearHealth } from '../../../lib/operator/endpoints/endpoint-health.ts';
import { endpointIdSchema } from '../../../lib/relay/endpoint/endpoint-id.ts';
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

  it.each([400, 404, 409, 422, 499])('gets it three times, then its order goes on: %i', async (status) => {
    const { relay, refused, next } = await refusing(status);

    await relay.run(10);

    expect(relay.sender.eventsTo('erp')).toEqual([refused, refused, refused, next]);
    expect(await relay.outcomes(refused)).toEqual({ erp: `dead: ${status} in 0 ms, attempt 3` });
    expect(await relay.outcomes(next)).toEqual({ erp: 'delivered 200 in 0 ms' });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId: refused }]);
  });

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

describe('an endpoint ordered `strict` whose credentials are wrong', () => {
  const denied = (status: number) => ({ kind: 'answer', status, text: 'no' }) as const;

  /** Two events of an order, which the endpoint denies. */
  async function denying(status: number) {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', denied(status));
    const first = await relay.accepted();
    await relay.fanOut();
    const next = await relay.accepted();
    await relay.fanOut();
    return { relay, first, next };
  }

  it.each([401, 403])('loses no event while it accepts none, and gets them in order: %i', async (status) => {
    const { relay, first, next } = await denying(status);

    // The fourth attempt is half an hour after the third.
    await relay.run(30);
    expect(relay.sender.eventsTo('erp')).toEqual([first, first, first]);
    expect(await relay.rows()).toMatchObject([
      { state: 'pending', attemptCount: 3 },
      { state: 'pending', attemptCount: 0 },
    ]);

    relay.sender.answers.delete('erp');
    await relay.run(15);
    expect(relay.sender.eventsTo('erp')).toEqual([first, first, first, first, next]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }, { state: 'delivered' }]);
  });

  it.each([401, 403])('gives up on an event that alone is denied three times: %i', async (status) => {
    const { relay, first, next } = await denying(status);
    relay.sender.answers.set('erp', async ({ headers }) =>
      headers['webhook-id'] === first ? denied(status) : OK,
    );

    await relay.run(1);
    await relay.accepted({ Id: 'another order' });
    await relay.run(9);

    expect(relay.sender.eventsTo('erp').filter((id) => id === first)).toHaveLength(3);
    expect(await relay.outcomes(first)).toEqual({ erp: `dead: ${status} in 0 ms, attempt 3` });
    expect(await relay.outcomes(next)).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('gets the denied events after `endpoints enable` at once, without waiting for their schedule', async () => {
    const { relay, first, next } = await denying(401);
    await relay.run(10);
    relay.sender.answers.delete('erp');

    await clearHealth(relay, { id: endpointIdSchema.parse('erp') }, () => true);
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([first, first, first, first, next]);
  });

  it('uses up its attempts in the end, and then needs attention', async () => {
    const { relay, first } = await denying(401);

    await relay.run(4 * 24 * 60, 5);

    expect(await relay.outcomes(first)).toEqual({ erp: 'dead: 401 in 0 ms, attempt 10' });
  });
});
