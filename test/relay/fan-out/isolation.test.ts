import { describe, expect, it, vi } from 'vitest';
import type { SendingContext } from '../../../lib/relay/context.ts';
import { aRelay } from '../a-relay.ts';

type Relay = ReturnType<typeof aRelay>;

const deepJson = (levels: number) => `{"Id":"1","a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const fault = () => {
  throw new TypeError('a fault of the relay, about zoe@example.com');
};

/** Each step that runs for one endpoint, with a fault in it that concerns the endpoint `erp` alone. */
const FAULTS: Readonly<Record<string, (relay: Relay) => void>> = {
  filter: (relay) => {
    relay.endpoint('erp', { filter: 'f' });
    vi.spyOn(relay.expressions, 'evaluate').mockImplementation(fault);
  },
  transform: (relay) => {
    relay.endpoint('erp', { transform: 't' });
    vi.spyOn(relay.expressions, 'evaluate').mockImplementation(fault);
  },
  success: (relay) => {
    relay.endpoint('erp', { success: 's' });
    vi.spyOn(relay.expressions, 'evaluate').mockImplementation(fault);
  },
  'health, before the attempt': (relay) => {
    relay.endpoint('erp');
    onlyForErp(relay.config.healthRecorder, 'current');
  },
  'health, after the attempt': (relay) => {
    relay.endpoint('erp');
    onlyForErp(relay.config.healthRecorder, 'observe');
  },
  credentials: (relay) => {
    relay.endpoint('erp', { auth: { type: 'bearer', token: 'a-token' } });
    vi.spyOn(relay.secretCache, 'resolve').mockImplementation(fault);
  },
  signature: (relay) => {
    relay.endpoint('erp', { signingSecret: `whsec_${Buffer.alloc(32).toString('base64')}` });
    vi.spyOn(relay.secretCache, 'resolve').mockResolvedValue(Object.create(null));
  },
  request: (relay) => {
    relay.endpoint('erp');
    relay.sender.answers.set('erp', fault);
  },
};

function onlyForErp(
  recorder: SendingContext['config']['healthRecorder'],
  method: 'current' | 'observe',
): void {
  const real = { current: recorder.current.bind(recorder), observe: recorder.observe.bind(recorder) };
  vi.spyOn(recorder, method).mockImplementation((...args: Parameters<typeof recorder.observe>) =>
    args[0] === 'erp' ? fault() : real[method](...args),
  );
}

describe('a fault in what runs for one endpoint', () => {
  it.each(Object.entries(FAULTS))('is an outcome of that endpoint alone: %s', async (_, breaks) => {
    const relay = aRelay();
    relay.endpoint('shop');
    breaks(relay);
    const event = await relay.accepted();

    expect(await relay.fanOut()).toEqual([]);

    expect(relay.sender.eventsTo('shop')).toEqual([event]);
    expect(await relay.outcomes(event)).toEqual({
      shop: 'delivered 200 in 0 ms',
      erp: 'pending: could not be processed: TypeError',
    });
    expect(relay.telemetry.counts.get('FanOutFailures')).toBeUndefined();
    expect(JSON.stringify(await relay.rows())).not.toContain('zoe@example.com');
  });

  it('is followed by a retry, which evaluates the filter', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { filter: 'f' });
    relay.expressions.means('f', () => false);
    vi.spyOn(relay.expressions, 'evaluate').mockImplementationOnce(fault);
    const event = await relay.accepted();
    await relay.fanOut();

    await relay.run(1);

    expect(relay.sender.to('erp')).toEqual([]);
    expect(await relay.outcomes(event)).toEqual({ erp: 'skipped: refused by the filter' });
  });

  it('is followed by a retry, which delivers the event', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { transform: 't' });
    relay.expressions.means('t', () => 'text');
    vi.spyOn(relay.expressions, 'evaluate').mockImplementationOnce(fault);
    const event = await relay.accepted();
    await relay.fanOut();

    await relay.run(1);

    expect(await relay.outcomes(event)).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
  });
});

describe('JSON that is nested deeply', () => {
  it.each([5_000, 200_000])('fails nobody, with skipUnchanged and %s levels', async (levels) => {
    const relay = aRelay();
    relay.endpoint('erp', { skipUnchanged: true });
    relay.endpoint('shop');
    const first = await relay.accepted(deepJson(levels));
    const second = await relay.accepted(`${deepJson(levels)} `);

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([first, second]);
    expect(relay.sender.eventsTo('shop')).toEqual([first, second]);
  });

  it.each([5_000, 200_000])('is no result of a transform, with %s levels', async (levels) => {
    const relay = aRelay();
    relay.endpoint('erp', { transform: 't' });
    relay.endpoint('shop');
    relay.expressions.means('t', () => JSON.parse(deepJson(levels)));
    const event = await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('shop')).toEqual([event]);
    expect(await relay.outcomes(event)).toMatchObject({
      erp: expect.stringMatching(/^(pending: transform: |delivered)/),
    });
  });
});
