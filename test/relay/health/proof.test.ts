import { describe, expect, it, vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting, UNAVAILABLE } from '../a-relay.ts';
import { holdAnswers } from '../deliver/held-answers.ts';
import { takesMs } from './takes-ms.ts';

/** Fan-out and deliver are different functions: each knows only what it has read and done itself. */
function withFunctions(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none', ...attributes });
  const fanOutFunction = relay.another();
  const read = vi.spyOn(relay.configTable, 'healthRow');
  const rows = vi.spyOn(relay.configTable, 'rows');
  let orders = 0;
  return {
    relay,
    read,
    rows,
    /** One more event goes through fan-out. @returns how many requests fan-out made */
    async event(): Promise<number> {
      const before = relay.sender.requests.length;
      orders += 1;
      await relay.accepted({ Id: `o${orders}` });
      await fanOut(fanOutFunction, relay.eventQueue.take());
      return relay.sender.requests.length - before;
    },
  };
}

describe('an endpoint that has given deliver one quick answer', () => {
  it('is attempted by another function’s fan-out a quarter of a second later', async () => {
    const { relay, event } = withFunctions();
    expect(await event()).toBe(0);
    await relay.deliver();

    relay.clock.advance(250);

    expect(await event()).toBe(1);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('is attempted by the same function’s fan-out at once, before that answer is written anywhere', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    const first = await relay.accepted({ Id: 'first' });
    await relay.fanOut();
    const erp = holdAnswers(relay, 'erp');
    const running = relay.deliver();
    await everythingIsWaiting();
    const written = Promise.withResolvers<void>();
    const apply = relay.eventLog.updateDelivery.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'updateDelivery').mockImplementation(async (...change) => {
      await written.promise;
      return apply(...change);
    });
    await erp.answer();
    relay.sender.answers.delete('erp');
    expect(await relay.healthOf('erp')).not.toHaveProperty('provenAt');

    const second = await relay.accepted({ Id: 'second' });
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([first, second]);
    written.resolve();
    await running;
  });

  it('costs fan-out one read in a quarter of a second until then, and none after it', async () => {
    const { relay, read, event } = withFunctions();
    for (let n = 0; n < 5; n++) await event();
    expect(read).toHaveBeenCalledTimes(1);
    await relay.deliver();
    relay.clock.advance(250);
    for (let n = 0; n < 5; n++) await event();
    read.mockClear();

    relay.clock.advance(1_000);
    await event();

    expect(read).not.toHaveBeenCalled();
  });
});

describe('an endpoint that has not', () => {
  it('is left to deliver when its health cannot be read', async () => {
    const { relay, read, event } = withFunctions();
    read.mockRejectedValue(new StoreError('throttled'));

    expect(await event()).toBe(0);

    expect(await relay.owed('erp')).toHaveLength(1);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'health could not be read; the cached health stays in use',
      }),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ['a rate limit', { rateLimitPerSecond: 5 }],
    ['been paused', { state: 'paused' }],
  ])('is not reread when it has %s', async (_, attributes) => {
    const { read, event } = withFunctions(attributes);

    await event();

    expect(read).not.toHaveBeenCalled();
  });

  it('is not reread while it is slow, and is afterwards', async () => {
    const { relay, read, event } = withFunctions();
    await event();
    takesMs(relay, 'erp', 2_500);
    await relay.deliver();
    relay.clock.advance(10_000);
    await event();
    read.mockClear();

    relay.clock.advance(1_000);
    await event();
    expect(read).not.toHaveBeenCalled();

    relay.minutes(5);
    await event();
    expect(read).toHaveBeenCalledOnce();
  });

  it('is not reread while it is failing', async () => {
    const { relay, read, event } = withFunctions();
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let n = 0; n < 5; n++) await event();
    await relay.deliver();
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing' });
    relay.clock.advance(10_000);
    await event();
    read.mockClear();

    relay.clock.advance(1_000);
    await event();

    expect(read).not.toHaveBeenCalled();
  });

  it('has at most ten requests in flight', async () => {
    const { relay, event } = withFunctions();
    for (let n = 0; n < 30; n++) await event();
    const erp = holdAnswers(relay, 'erp');
    const running = relay.deliver();
    await everythingIsWaiting();
    let most = 0;
    while (erp.inFlight > 0) {
      most = Math.max(most, erp.inFlight);
      await erp.answer();
    }
    await running;

    expect(most).toBe(10);
  });
});
