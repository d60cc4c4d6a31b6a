import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { redirectText } from '../../../lib/relay/sending/redirect-text.ts';
import { maxAttemptMs, maxDeliveryMs } from '../../../lib/relay/sending/transform.ts';
import { aRelay } from '../a-relay.ts';

const answer = (status: number, text = '', headers: Record<string, string> = {}): SendResult => ({
  kind: 'answer',
  status,
  text,
  headers,
});

/** A relay whose endpoint has answered one webhook; `means` is what its `success` does. */
async function answered(
  given: SendResult,
  means?: Parameters<ReturnType<typeof aRelay>['expressions']['judges']>[1],
  attributes: Record<string, unknown> = {},
) {
  const relay = aRelay();
  relay.endpoint('erp', { ...(means && { success: 'a success' }), ...attributes });
  if (means) relay.expressions.judges('a success', means);
  relay.sender.answers.set('erp', given);
  const eventId = await relay.accepted();
  await relay.fanOut();
  const { erp } = await relay.outcomes(eventId);
  const [row] = await relay.rows();
  return { relay, eventId, outcome: erp, row };
}

describe('an endpoint with a success expression', () => {
  it('is asked about status, headers and body, as JSON if it is JSON', async () => {
    const { relay } = await answered(answer(200, '{"ok":true}', { 'x-id': '7' }), () => true);

    expect(relay.expressions.evaluated).toEqual([
      { expression: 'a success', input: { status: 200, headers: { 'x-id': '7' }, body: { ok: true } } },
    ]);
  });

  it('has received an event for which the expression gives something that JSONata takes for true', async () => {
    const { outcome } = await answered(answer(500), () => 'yes');

    expect(outcome).toBe('delivered 500 in 0 ms');
  });

  it('is asked about the text of a body that is no JSON', async () => {
    const { relay } = await answered(answer(200, 'ok'), () => true);

    expect(relay.expressions.evaluated).toMatchObject([{ input: { body: 'ok', headers: {} } }]);
  });

  it('has received an event that it answered with 302, which is not sent again', async () => {
    const { relay, outcome } = await answered(answer(302), ({ status }) => status === 302);
    await relay.run(30);

    expect(outcome).toBe('delivered 302 in 0 ms');
    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.rows()).toEqual([]);
  });

  it('has not received an event that it answered with 200 and what the expression denies', async () => {
    const { relay, outcome, row } = await answered(
      answer(200, '{"ok":false}'),
      ({ body }) => Object(body).ok,
    );

    expect(outcome).toBe('pending: 200 in 0 ms, `success` is false');
    expect(row).toMatchObject({ state: 'pending', attempts: [{ status: 200, accepted: false }] });
    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(2);
  });

  it('is not failing for it: the answer speaks of what was sent', async () => {
    const { relay } = await answered(answer(200), () => false);
    await relay.run(120);

    expect(relay.sender.requests.length).toBeGreaterThanOrEqual(3);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
  });

  it.each([500, 503, 429, 410])('answers well if the expression says so of %i', async (status) => {
    const { relay, outcome } = await answered(answer(status), () => true);
    await relay.config.healthRecorder.flush();

    expect(outcome).toBe(`delivered ${status} in 0 ms`);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
    expect(await relay.healthOf('erp')).not.toHaveProperty('consecutiveFailures', 1);
  });

  it('fails with a reason of its own when the expression fails, also after a 2xx', async () => {
    const { relay, outcome, row, eventId } = await answered(answer(200), () => {
      throw new Error('it ran too long');
    });

    expect(outcome).toBe('pending: 200 in 0 ms, success: it ran too long');
    expect(row?.attempts).toMatchObject([{ status: 200, error: 'success: it ran too long' }]);
    expect(relay.telemetry.counts.get('ExpressionsFailed')).toBe(1);
    expect(relay.telemetry.log).toContainEqual({
      level: 'warn',
      message: 'success failed; the attempt counts as failed',
      fields: { endpointId: 'erp', eventId, reason: 'it ran too long' },
    });
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
  });

  it('blocks no `strict` order with what it denies, but waits for an expression to be mended', async () => {
    const denied = await answered(answer(200), () => false, { ordering: 'strict' });
    const broken = await answered(
      answer(200),
      () => {
        throw new Error('it failed');
      },
      { ordering: 'strict' },
    );
    await denied.relay.run(60);
    await broken.relay.run(60);

    expect(await denied.relay.rows()).toMatchObject([{ state: 'dead', attemptCount: 3 }]);
    expect(await broken.relay.rows()).toMatchObject([{ state: 'pending' }]);
  });

  it('is not asked when there was no answer', async () => {
    const { relay, outcome } = await answered({ kind: 'failure', error: 'connection refused' }, () => true);

    expect(relay.expressions.evaluated).toEqual([]);
    expect(outcome).toBe('pending: connection refused');
  });

  it('needs a lease that covers the evaluation', () => {
    const plain = { timeoutSeconds: 10, transform: undefined, success: undefined, filter: undefined };

    expect(maxAttemptMs(plain)).toBe(10_000);
    expect(maxDeliveryMs(plain)).toBe(10_000);
    expect(maxAttemptMs({ ...plain, success: 'x' })).toBe(16_000);
    expect(maxDeliveryMs({ ...plain, success: 'x', transform: 'x', filter: 'x' })).toBe(28_000);
  });
});

describe('a redirect', () => {
  it('is a failure whose outcome shows where it points to', async () => {
    const { outcome } = await answered(answer(302, '', { location: '/login?key=hush#top' }));

    expect(outcome).toBe('pending: 302 in 0 ms, redirects to erp/login');
  });

  it('is shown beside what the `success` expression denies', async () => {
    const { outcome } = await answered(answer(302, '', { location: '/login' }), () => false);

    expect(outcome).toBe('pending: 302 in 0 ms, `success` is false, redirects to erp/login');
  });

  it.each<[string, string, number, string | undefined]>([
    ['https://b.example/x/y?token=hush#z', 'https://a.example/', 302, 'redirects to b.example/x/y'],
    ['https://me:hush@b.example:8443/', 'https://a.example/', 301, 'redirects to b.example:8443/'],
    ['/hooks/KEY-12345/', 'https://a.example/hooks/KEY-12345', 308, 'redirects to a.example/hooks/***/'],
    ['mailto:me@a.example', 'https://a.example/', 302, 'redirects to mailto:'],
    ['http://', 'https://a.example/', 302, undefined],
    ['https://b.example/', 'https://a.example/', 200, undefined],
  ])('to %s from %s with %i', (location, url, status, text) => {
    expect(redirectText(url, { status, headers: { location } })).toBe(text);
  });

  it('is shown in no more than 200 characters', () => {
    const location = `https://b.example/${'x'.repeat(5_000)}`;

    expect(redirectText('https://a.example/', { status: 302, headers: { location } })).toHaveLength(200);
  });
});
