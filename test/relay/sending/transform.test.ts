import { describe, expect, it } from 'vitest';
import { isUnfinished } from '../../../lib/relay/model/delivery.ts';
import { CONTENT_LIMIT_BYTES } from '../../../lib/relay/sending/transform.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const TRANSFORM = 'a transform';
const LONGEST = 'x'.repeat(CONTENT_LIMIT_BYTES);
const NESTED = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], []);

function withTransform(gives: () => unknown, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.expressions.means(TRANSFORM, gives);
  relay.endpoint('erp', { transform: TRANSFORM, ...attributes });
  return relay;
}

async function sent(relay: ReturnType<typeof aRelay>) {
  await relay.accepted({ Id: '1', Email: 'zoe@example.com' });
  await relay.fanOut();
  return relay.sender.to('erp').map(({ body, headers }) => ({
    body: Buffer.from(body).toString(),
    type: headers['content-type'],
  }));
}

describe('an endpoint with a transform', () => {
  it.each<[string, unknown, string, string]>([
    ['an object', { text: 'hi' }, '{"text":"hi"}', 'application/json'],
    ['an array', [1, 'a'], '[1,"a"]', 'application/json'],
    ['a number', 7, '7', 'application/json'],
    ['false', false, 'false', 'application/json'],
    ['a text', 'Shipped: “Mug”', 'Shipped: “Mug”', 'text/plain; charset=utf-8'],
    ['an empty text', '', '', 'text/plain; charset=utf-8'],
    ['the most that is sent', LONGEST, LONGEST, 'text/plain; charset=utf-8'],
  ])('is sent %s with the type that follows from it', async (_, value, body, type) => {
    expect(await sent(withTransform(() => value))).toEqual([{ body, type }]);
  });

  it('is sent it as what its row says', async () => {
    const relay = withTransform(() => '<order/>', { contentType: 'application/xml' });

    expect(await sent(relay)).toEqual([{ body: '<order/>', type: 'application/xml' }]);
  });

  it('leaves an endpoint without one with the very bytes that came', async () => {
    const relay = withTransform(() => 'other');
    relay.endpoint('shop');
    await relay.webhook('{ "Id":"1" }');
    await relay.fanOut();

    const [request] = relay.sender.to('shop');
    expect(Buffer.from(request?.body ?? []).toString()).toBe('{ "Id":"1" }');
    expect(request?.headers['content-type']).toBe('application/json');
  });

  it('is sent what it makes of the event at every attempt, its changes included', async () => {
    const relay = withTransform(() => {
      throw new Error('not yet');
    });
    await relay.accepted({ Id: '1', Items: [{ Sku: 'Mug', Status: 'New' }] });
    await relay.fanOut();
    relay.expressions.means(TRANSFORM, ({ changes }) => changes);

    await relay.run(1);

    expect(relay.sender.to('erp').map(({ body }) => JSON.parse(Buffer.from(body).toString()))).toEqual([
      [{ change: 'added', sku: 'Mug', statusTo: 'New' }],
    ]);
  });

  it('knows the changes of an event that deliver finds before fan-out has written them', async () => {
    const relay = aRelay();
    relay.expressions.means(TRANSFORM, ({ changes }) => changes);
    relay.newEndpoint('erp', { transform: TRANSFORM });
    await relay.accepted({ Id: '1', Items: [{ Sku: 'Mug', Status: 'New' }] });
    await relay.fanOut();
    await relay.deliver();
    const eventId = await relay.accepted({ Id: '1', Items: [{ Sku: 'Mug', Status: 'Shipped' }] });
    relay.eventLog.finishFanOut = async () => {
      await relay.deliver();
      return true;
    };
    relay.newEndpoint('erp', { transform: TRANSFORM, rateLimitPerSecond: 100 });
    relay.minutes(1);

    await relay.fanOut();

    const [, request] = relay.sender.to('erp');
    expect(request?.headers['webhook-id']).toBe(eventId);
    expect(JSON.parse(Buffer.from(request?.body ?? []).toString())).toEqual([
      { change: 'changed', sku: 'Mug', statusFrom: 'New', statusTo: 'Shipped' },
    ]);
  });
});

describe('a transform that gives nothing to send', () => {
  it.each<[string, () => unknown, string]>([
    ['no result', () => undefined, 'transform: it gives nothing'],
    ['null', () => null, 'transform: it gives nothing'],
    ['more than is sent', () => `${LONGEST}x`, 'transform: it gives more than 1048576 bytes'],
    ['a value for which JSON.stringify fails', () => NESTED, 'transform: its result is nested too deeply'],
    [
      'an error',
      () => {
        throw new Error('it ran too long');
      },
      'transform: it ran too long',
    ],
  ])('for %s is a failed attempt, and the webhook itself is not sent instead', async (_, gives, error) => {
    const relay = withTransform(gives);

    expect(await sent(relay)).toEqual([]);

    const now = relay.clock.now().getTime();
    expect(await relay.rows()).toMatchObject([
      { state: 'pending', attemptCount: 1, attempts: [{ error, unsent: true, durationMs: 0 }] },
    ]);
    const [row] = await relay.rows();
    expect(row && isUnfinished(row) && row.nextAttemptAt?.getTime()).toBeGreaterThan(now);
    expect(relay.telemetry.counts.get('ExpressionsFailed')).toBe(1);
    expect(relay.telemetry.log).toContainEqual({
      level: 'warn',
      message: 'transform failed; nothing was sent',
      fields: { endpointId: 'erp', eventId: row?.eventId, reason: error },
    });
  });

  it('says nothing of the endpoint: its circuit stays closed, and it stays quick', async () => {
    const relay = withTransform(() => undefined);
    const before = await relay.healthOf('erp');
    for (let order = 1; order <= 6; order++) await relay.webhook({ Id: String(order) });

    await relay.fanOut();

    expect(await relay.healthOf('erp')).toEqual(before);
    expect(
      relay.relay.config.healthRecorder.current(relay.relay.config.health.ids()[0] ?? ('erp' as never)),
    ).toMatchObject({
      state: 'ok',
      consecutiveFailures: 0,
    });
  });

  it('is dead once its attempts are used up', async () => {
    const relay = withTransform(() => undefined, { maxAttempts: 2 });
    const eventId = await relay.accepted();
    await relay.fanOut();

    await relay.run(2);

    expect(await relay.outcomes(eventId, ORDER)).toEqual({
      erp: 'dead: transform: it gives nothing, attempt 2',
    });
  });

  it('is sent when the expression is mended meanwhile', async () => {
    const relay = withTransform(() => undefined);
    await relay.accepted();
    await relay.fanOut();
    relay.expressions.means('mended', () => 'hi');
    relay.endpoint('erp', { transform: 'mended' });

    await relay.run(2);

    expect(relay.sender.to('erp')).toHaveLength(1);
  });

  it('counts a probe for nothing, so that the endpoint is probed again', async () => {
    const relay = withTransform(() => undefined);
    await relay.accepted();
    await relay.fanOut();
    relay.health('erp', { state: 'failing', consecutiveFailures: 5, version: 7 });

    await relay.run(3);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', consecutiveFailures: 5 });
  });
});
