import { describe, expect, it } from 'vitest';
import { aRelay, everythingIsWaiting, OK, REFUSED, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut } from '../health/an-open-circuit.ts';
import { holdAnswers } from './held-answers.ts';

/** A service of `erp` that has just begun, with so many orders waiting; its answers are held back. */
async function serving(orders: number, attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none', ...attributes });
  await fannedOut(relay, orders);
  const erp = holdAnswers(relay, 'erp');
  const running = relay.deliver();
  await everythingIsWaiting();
  const end = async () => {
    while (erp.inFlight > 0) await erp.answer();
    await running;
  };
  return { relay, erp, end };
}

describe('the requests in flight to one endpoint', () => {
  it('are one at first, and one more after each success, up to ten', async () => {
    const { erp, end } = await serving(60);
    const counts: number[] = [];

    for (let answers = 0; answers < 12; answers++) {
      counts.push(erp.inFlight);
      await erp.answer(OK, 1);
    }

    // Each answer makes room for its own successor and for one more.
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
    await end();
  });

  it('are one again after a failure, and grow from there', async () => {
    const { erp, end } = await serving(60);
    await erp.answer();
    await erp.answer();
    expect(erp.inFlight).toBe(4);

    await erp.answer(UNAVAILABLE);
    expect(erp.inFlight).toBe(1);
    await erp.answer(OK);
    expect(erp.inFlight).toBe(2);
    await end();
  });

  it('are not replaced after a failure before all but one of them have ended', async () => {
    const { erp, end } = await serving(60);
    await erp.answer();
    await erp.answer();

    await erp.answer(UNAVAILABLE, 1);
    expect(erp.inFlight).toBe(3);
    await erp.answer(UNAVAILABLE, 1);
    expect(erp.inFlight).toBe(2);
    await erp.answer(UNAVAILABLE, 1);
    expect(erp.inFlight).toBe(1);
    await end();
  });

  it('grow after an answer that refuses the payload: the endpoint keeps up', async () => {
    const { erp, end } = await serving(60);

    await erp.answer(REFUSED);

    expect(erp.inFlight).toBe(2);
    await end();
  });

  it('are one for each order that is sent in order', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'strict' });
    for (let n = 0; n < 5; n++) await relay.accepted();
    const [other] = await fannedOut(relay, 1, 'other');
    const erp = holdAnswers(relay, 'erp');
    const running = relay.deliver();
    await everythingIsWaiting();

    for (let answers = 0; answers < 5; answers++) await erp.answer(OK, 1);

    expect(relay.sender.eventsTo('erp')).toContain(other);
    while (erp.inFlight > 0) await erp.answer();
    await running;
    expect(relay.sender.requests).toHaveLength(6);
  });

  it.each([
    ['several while the rate limit keeps them a second apart', 1, 2],
    ['one at most while it keeps them more than a second apart', 0.5, 1],
  ])('are %s', async (_, rateLimitPerSecond, inFlight) => {
    const { relay, erp, end } = await serving(60, { rateLimitPerSecond });

    await erp.answer();
    relay.clock.advance(2_000);
    await everythingIsWaiting();
    relay.clock.advance(2_000);
    await everythingIsWaiting();

    expect(erp.inFlight).toBe(inFlight);
    relay.clock.advance(10_000);
    await end();
  });
});
