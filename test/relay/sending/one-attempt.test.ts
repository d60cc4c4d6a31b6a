import { describe, expect, it, vi } from 'vitest';
import { nextEventId, orderKeyOf, TESTS } from '../../../lib/relay/model/ids.ts';
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { type AttemptOptions, attempt } from '../../../lib/relay/sending/attempt.ts';
import { LeaseExpiredError } from '../../../lib/relay/sending/send.ts';
import { unprocessable } from '../../../lib/relay/sending/unprocessable.ts';
import { aRelay, SOURCE } from '../a-relay.ts';

const TIMEOUT: SendResult = { kind: 'failure', error: 'timeout' };
const HEADERS = {
  'content-type': 'text/html',
  location: '/login',
  'retry-after': '60',
  'www-authenticate': 'Basic',
  server: 'nginx',
  'set-cookie': 'session=1',
};

/** One attempt to send an event, or a test event, to the endpoint `erp`, which answers after some time. */
async function anAttempt({
  result = { kind: 'answer', status: 200, text: 'ok' },
  takesMs = 0,
  isTest = false,
  options = {},
  attributes = {},
}: {
  result?: SendResult;
  takesMs?: number;
  isTest?: boolean;
  options?: AttemptOptions;
  attributes?: object;
} = {}) {
  const relay = aRelay();
  relay.endpoint('erp', { timeoutSeconds: 10, ...attributes });
  relay.sender.answers.set('erp', async () => {
    relay.clock.advance(takesMs);
    return result;
  });
  const observe = vi.spyOn(relay.config.healthRecorder, 'observe');
  return { relay, made: await attemptOf(relay, options, isTest), observe };
}

async function attemptOf(relay: ReturnType<typeof aRelay>, options: AttemptOptions, isTest = false) {
  const [endpoint] = (await relay.config.endpoints()).valid;
  if (endpoint === undefined) throw new Error('the endpoint is not valid');
  return attempt(relay.relay, endpoint, anEvent(relay, isTest), { body: Buffer.from('{}') }, options);
}

function anEvent({ clock, random }: ReturnType<typeof aRelay>, isTest: boolean) {
  const eventId = nextEventId(clock, random, undefined);
  const source = isTest ? TESTS : SOURCE;
  return {
    orderKey: orderKeyOf(source, '1'),
    eventId,
    source,
    receivedAt: clock.now(),
    orderId: '1',
    changes: [],
  };
}

describe('an attempt', () => {
  it('has its start, its duration, and the answer', async () => {
    const { made, relay } = await anAttempt({ takesMs: 1_234.4 });

    expect(made).toStrictEqual({ at: made.at, durationMs: 1_234, status: 200, answer: 'ok' });
    expect(relay.clock.now().getTime() - made.at.getTime()).toBeGreaterThanOrEqual(1_234);
    expect(relay.telemetry.counts.get('DeliveriesDelivered')).toBe(1);
    expect(relay.telemetry.counts.get('DeliveriesFailedAttempts')).toBeUndefined();
  });

  it('that fails has the reason, and counts as failed', async () => {
    const { made, relay } = await anAttempt({ result: { kind: 'failure', error: 'connection refused' } });

    expect(made).toStrictEqual({ at: made.at, durationMs: 0, error: 'connection refused' });
    expect(relay.telemetry.counts.get('DeliveriesFailedAttempts')).toBe(1);
    expect(relay.telemetry.counts.get('DeliveriesDelivered')).toBeUndefined();
  });

  it('has the first 512 bytes of an answer, without a character that the limit splits', async () => {
    const text = `${'x'.repeat(511)}é and more`;

    expect((await anAttempt({ result: { kind: 'answer', status: 200, text } })).made.answer).toBe(
      'x'.repeat(511),
    );
    const fits = `${'x'.repeat(510)}é`;
    expect((await anAttempt({ result: { kind: 'answer', status: 200, text: fits } })).made.answer).toBe(fits);
    const few = '€'.repeat(171);
    expect((await anAttempt({ result: { kind: 'answer', status: 200, text: few } })).made.answer).toBe(
      '€'.repeat(170),
    );
  });

  it.each([
    [undefined, false],
    [true, true],
  ])('is counted in the health of its endpoint, with isProbe %s', async (isProbe, isObserved) => {
    const { made, observe } = await anAttempt({ options: isProbe === undefined ? {} : { isProbe } });

    expect(observe.mock.calls).toEqual([
      ['erp', { ...made, orderKey: orderKeyOf(SOURCE, '1'), isProbe: isObserved }],
    ]);
  });
});

describe('an attempt during which this process could not work', () => {
  /** The process had been delayed by 400 ms before the attempt. */
  async function observedAfter(delayMs: number) {
    const relay = aRelay();
    relay.endpoint('erp');
    let delayedMs = 400;
    const clock = Object.assign(relay.clock, { delayedMs: () => delayedMs });
    relay.sender.answers.set('erp', async () => {
      delayedMs += delayMs;
      clock.advance(3_000);
      return { kind: 'answer', status: 200, text: 'ok' };
    });
    const observe = vi.spyOn(relay.config.healthRecorder, 'observe');
    const made = await attemptOf(relay, {});
    return { made, observed: observe.mock.calls[0]?.[1] };
  }

  it('counts in the health with this delay, which says nothing of the endpoint', async () => {
    const { made, observed } = await observedAfter(250);

    expect(observed).toMatchObject({ durationMs: 3_000, ownDelayMs: 250 });
    expect(made).not.toHaveProperty('ownDelayMs');
  });

  it('counts without a delay that was before it', async () => {
    const { observed } = await observedAfter(0);

    expect(observed).toMatchObject({ durationMs: 3_000 });
    expect(observed).not.toHaveProperty('ownDelayMs');
  });
});

describe('an attempt with a shorter limit than its endpoint’s timeout', () => {
  const limited = (takesMs: number, limitSeconds: number, result: SendResult = TIMEOUT) =>
    anAttempt({ takesMs, result, options: { limitSeconds } });

  it.each([
    ['when it takes the limit', 4_000, 4, true],
    ['also when the timer fires 50 ms early', 3_950, 4, true],
    ['but not when it fails earlier', 3_949, 4, undefined],
    ['but not when the limit is the timeout', 10_000, 10, undefined],
    ['but not when the limit is longer than the timeout', 10_000, 11, undefined],
  ])('is cut short %s', async (_, takesMs, limitSeconds, cutShort) => {
    const { made, relay } = await limited(takesMs, limitSeconds);

    expect(made.cutShort).toBe(cutShort);
    expect(relay.sender.requests).toMatchObject([{ timeoutMs: Math.min(limitSeconds, 10) * 1_000 }]);
  });

  it('is not cut short when it was answered', async () => {
    const { made } = await limited(4_000, 4, { kind: 'answer', status: 500, text: '' });

    expect(made).not.toHaveProperty('cutShort');
  });
});

describe('the headers of an answer', () => {
  const answered = (headers: Record<string, string> | undefined, isTest = true) =>
    anAttempt({ result: { kind: 'answer', status: 401, text: '', ...(headers && { headers }) }, isTest });

  it('are recorded for a test event, if they explain the answer', async () => {
    const { 'set-cookie': _, ...shown } = HEADERS;

    expect((await answered(HEADERS)).made.headers).toEqual(shown);
  });

  it('are recorded to their 256th character', async () => {
    const { made } = await answered({ server: 'x'.repeat(300) });

    expect(made.headers).toEqual({ server: 'x'.repeat(256) });
  });

  it.each<[string, () => ReturnType<typeof anAttempt>]>([
    ['for an order', () => answered(HEADERS, false)],
    ['when none explains it', () => answered({ 'set-cookie': 'session=1' })],
    ['when there are none', () => answered(undefined)],
    ['when there is no answer', () => anAttempt({ result: TIMEOUT, isTest: true })],
    [
      'when they may contain a secret',
      () =>
        anAttempt({
          result: { kind: 'answer', status: 401, text: 'no', headers: HEADERS },
          isTest: true,
          attributes: { auth: { type: 'bearer', token: 'abc' } },
        }),
    ],
  ])('are not recorded %s', async (_, made) => {
    expect((await made()).made).not.toHaveProperty('headers');
  });
});

describe('an attempt whose transform is postponed', () => {
  it('ends with an error of its own, and nothing is sent', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { transform: 'busy' });
    relay.expressions.postpones('busy', 1);

    await expect(attemptOf(relay, {})).rejects.toMatchObject({ name: 'TransformPostponedError' });
    expect(relay.sender.requests).toEqual([]);
  });
});

describe('the fence of an attempt', () => {
  const aFence = (allowed: boolean) => ({
    waitMs: 0,
    ready: vi.fn(async () => {}),
    allows: vi.fn(() => allowed),
  });

  it('is asked whether the request may take its time, after it is ready', async () => {
    const fence = aFence(true);
    const { made } = await anAttempt({ options: { fence } });

    expect(made.status).toBe(200);
    expect(fence.ready).toHaveBeenCalledTimes(1);
    expect(fence.allows.mock.calls).toEqual([[10_000]]);
  });

  it('stops the request when the lease ends too early', async () => {
    const stopped = anAttempt({ options: { fence: aFence(false) } });

    await expect(stopped).rejects.toThrow(LeaseExpiredError);
    await expect(stopped).rejects.toMatchObject({ name: 'LeaseExpiredError' });
  });

  it.each([
    ['when the rate limit leaves time for it', 8_999, 2],
    ['but not when it leaves none', 9_000, 1],
  ])('allows a second request after a 401 %s', async (_, waitMs, requests) => {
    const relay = aRelay();
    relay.secrets.values['/key'] = 'one two three';
    relay.endpoint('erp', { timeoutSeconds: 10, auth: { type: 'bearer', token: 'ssm:/key' } });
    await relay.secretCache.resolve('ssm:/key', relay.clock.monotonicMs() + 10_000);
    relay.clock.advance(10_000);
    relay.secrets.values['/key'] = 'four five six';
    relay.sender.answers.set('erp', async () => {
      relay.clock.advance(1_000);
      return { kind: 'answer', status: 401, text: '' };
    });

    await attemptOf(relay, { fence: { ...aFence(true), waitMs } });

    expect(relay.sender.requests).toHaveLength(requests);
  });
});

describe('an attempt that the relay itself failed to make', () => {
  it.each([
    [new RangeError('hush'), 'could not be processed: RangeError'],
    ['hush', 'could not be processed: unknown error'],
  ])('has the name of the error, and not its text: %o', async (thrown, error) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', TIMEOUT);
    await relay.accepted();
    await relay.fanOut();
    const [row] = await relay.rows();
    if (row === undefined) throw new Error('there is no delivery');

    expect(unprocessable(relay.relay, row, thrown)).toStrictEqual({
      at: relay.clock.now(),
      durationMs: 0,
      error,
      unsent: true,
      internalError: true,
    });
    expect(relay.telemetry.log).toContainEqual({
      level: 'error',
      message: 'delivery could not be processed',
      error: thrown,
      fields: { eventId: row.eventId, endpointId: 'erp' },
    });
  });
});
