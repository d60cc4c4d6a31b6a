/** A person edits an endpoint's health row. The endpoint still gets its deliveries, and the row is repaired. */
import { describe, expect, it } from 'vitest';
import { clearHealth } from '../../../lib/operator/endpoints/endpoint-health.ts';
import { RateLimiter } from '../../../lib/relay/health/rate-limiter.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, OK, UNAVAILABLE } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const FAR_OFF = '9999-12-31T23:59:59.000Z';

const EDITS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['version is a text', { version: 'latest' }],
  ['version is negative', { version: -1 }],
  ['version is a fraction', { version: 1.5 }],
  ['version is null', { version: null }],
  ['version is a list', { version: [1, 'two'] }],
  ['version is a map', { version: { is: 7 } }],
  ['lockId is a number', { lockId: 17 }],
  ['lockId is true', { lockId: true }],
  ['lockId is null', { lockId: null, lockedUntil: null }],
  ['lockId is a list, and the lock never ends', { lockId: ['me'], lockedUntil: FAR_OFF }],
  ['the lock never ends', { lockId: 'me', lockedUntil: FAR_OFF }],
  ['lockedUntil is no time', { lockId: 'me', lockedUntil: 'tomorrow' }],
  ['no request may be in flight', { inFlightLimit: 0 }],
];

describe('an endpoint whose health row a person edited', () => {
  it.each(EDITS)('still gets its deliveries: %s', async (_, edit) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await relay.accepted();
    await relay.fanOut();
    relay.health('erp', { ...(await relay.healthOf('erp')), ...edit });
    relay.sender.answers.set('erp', OK);

    await relay.run(3);

    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });

  it.each(EDITS)('has its failures counted in the row again: %s', async (_, edit) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.health('erp', { ...(await relay.healthOf('erp')), ...edit });
    relay.sender.answers.set('erp', UNAVAILABLE);

    for (let order = 1; order <= 5; order++) await relay.accepted({ Id: `${order}` });
    await relay.fanOut();

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', version: expect.any(Number) });
  });

  it.each(EDITS)('can be cleared: %s', async (_, edit) => {
    const relay = aRelay();
    relay.health('erp', { state: 'failing', ...edit });

    await clearHealth(relay, { id: ERP }, () => true);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', version: expect.any(Number) });
  });

  it.each([
    ['a state that no notice has', 'broken'],
    ['a number', 3],
    ['null', null],
  ])('causes one notice, not one a minute, when the notified state is %s', async (_, notifiedState) => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('chat', { sources: [], notices: true });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let order = 1; order <= 5; order++) await relay.accepted({ Id: `${order}` });
    await relay.work();
    relay.health('erp', { ...(await relay.healthOf('erp')), notifiedState });

    await relay.run(5);

    expect(relay.sender.to('chat')).toHaveLength(1);
  });

  it('waits for no longer than its rate limit asks for, and the difference of two clocks', () => {
    const { clock } = aRelay();

    const limiter = new RateLimiter(clock, 0.2, { nextSendAt: new Date(FAR_OFF) });

    expect(limiter.waitMs).toBe(5_000 + 4_000);
  });

  it('has at most ten requests in flight, whatever the row says', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    const inFlightUntil = after(relay.clock.now(), 30_000).toISOString();
    relay.health('erp', { state: 'ok', inFlightLimit: 1000, inFlightUntil });
    let inFlight = 0;
    let most = 0;
    relay.sender.answers.set('erp', async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return OK;
    });
    for (let order = 1; order <= 30; order++) await relay.accepted({ Id: `${order}` });

    await relay.work();

    expect(relay.sender.to('erp')).toHaveLength(30);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(10);
  });
});
