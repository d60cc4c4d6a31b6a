import { describe, expect, it } from 'vitest';
import { readAttentionList } from '../../lib/operator/attention/attention-list.ts';
import { dropDeliveries } from '../../lib/operator/deliveries/drops.ts';
import { retryDeliveries } from '../../lib/operator/deliveries/retries.ts';
import { connectionTo } from '../console/a-console.ts';
import { anOrder } from '../console/busy-relay.ts';
import { aRelay, REFUSED, UNAVAILABLE } from '../relay/a-relay.ts';

/** `erp` refused two orders and did not take one; `off` is disabled. */
async function aTroubledRelay() {
  const relay = aRelay();
  relay.endpoint('erp', { maxAttempts: 1 });
  relay.endpoint('off', { state: 'disabled' });
  for (const [id, answer] of [
    ['1', REFUSED],
    ['2', UNAVAILABLE],
    ['3', REFUSED],
  ] as const) {
    relay.sender.answers.set('erp', answer);
    await anOrder(relay, id, 'New');
    await relay.work();
    relay.clock.advance(1_000);
  }
  return { relay, connection: connectionTo(relay) };
}

const groupsOf = async (connection: Parameters<typeof readAttentionList>[0]) =>
  (await readAttentionList(connection)).deliveries.map(
    ({ endpointId, state, cause, count }) => `${endpointId}: ${count.count} ${state}, ${cause}`,
  );

describe('the list of what needs attention', () => {
  it('groups deliveries by endpoint, state and cause', async () => {
    const { connection } = await aTroubledRelay();

    const { deliveries } = await readAttentionList(connection);

    expect(await groupsOf(connection)).toEqual([
      'erp: 2 dead, answered 400',
      'erp: 1 dead, answered 503',
      'off: 3 cancelled, endpoint is disabled',
    ]);
    const [refused] = deliveries;
    expect(refused?.samples.map(({ orderKey }) => orderKey)).toEqual(['main/3', 'main/1']);
    expect(refused && refused.newest > refused.oldest).toBe(true);
    expect(deliveries.map(({ withoutRow }) => withoutRow)).toEqual([0, 0, 3]);
  });

  it('stops counting at a thousand for each endpoint', async () => {
    const { relay, connection } = await aTroubledRelay();
    const many = Array.from({ length: 1_001 }, (_, index) => `many-${index}`);
    relay.sender.answers.set('erp', REFUSED);
    for (const id of many) await anOrder(relay, id, 'New');
    await relay.work();

    const { deliveries } = await readAttentionList(connection);

    expect(deliveries.find(({ endpointId }) => endpointId === 'erp')?.count).toEqual({
      count: 1_000,
      isMore: true,
    });
  });

  it('names invalid rows', async () => {
    const { relay, connection } = await aTroubledRelay();
    relay.newEndpoint('bare', { url: 'not a url' });

    expect((await readAttentionList(connection)).invalid).toMatchObject([{ kind: 'endpoint', id: 'bare' }]);
  });

  it('has the updates that wait for fan-out longer than a minute', async () => {
    const { relay, connection } = await aTroubledRelay();
    await anOrder(relay, '9', 'New');
    expect((await readAttentionList(connection)).events).toEqual([]);

    relay.clock.advance(61_000);

    expect((await readAttentionList(connection)).events).toMatchObject([
      { kind: 'waiting', count: { count: 1, isMore: false }, samples: [{ orderKey: 'main/9' }] },
    ]);
  });
});

describe('dropping deliveries', () => {
  it('takes those with the cause off the list, and leaves their states', async () => {
    const { relay, connection } = await aTroubledRelay();
    const items: number[] = [];

    const result = await dropDeliveries(
      connection,
      { endpointId: 'erp', state: 'dead', cause: 'answered 400' },
      { onItem: () => items.push(1) },
    );

    expect(result).toEqual({ dropped: 2, changed: 0, withoutRow: 0, interrupted: false });
    expect(items).toHaveLength(2);
    expect(await groupsOf(connection)).not.toContain('erp: 2 dead, answered 400');
    expect((await relay.rows()).map(({ state }) => state)).toEqual(['dead']);
  });

  it('leaves deliveries that have no row', async () => {
    const { connection } = await aTroubledRelay();

    expect(await dropDeliveries(connection, { endpointId: 'off' })).toMatchObject({
      dropped: 0,
      withoutRow: 3,
    });
  });

  it('writes nothing in a dry run', async () => {
    const { connection } = await aTroubledRelay();

    expect(await dropDeliveries(connection, { endpointId: 'erp' }, { dryRun: true })).toMatchObject({
      dropped: 3,
    });
    expect(await groupsOf(connection)).toHaveLength(3);
  });
});

describe('retrying deliveries with a cause', () => {
  it('leaves those with another cause', async () => {
    const { connection } = await aTroubledRelay();

    const { retried } = await retryDeliveries(connection, { endpointId: 'erp', cause: 'answered 503' });

    expect(retried).toBe(1);
    expect(await groupsOf(connection)).toContain('erp: 2 dead, answered 400');
  });
});
