import { describe, expect, it, vi } from 'vitest';
import { takeDeliveryLock } from '../../../lib/relay/health/delivery-lock.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const HOLD_MS = 30_000;
/** The lock outlives the holder by five seconds. */
const ENDS_AFTER_MS = HOLD_MS + 5_000;

type ARelay = ReturnType<typeof aRelay>;
type Endpoint = Parameters<typeof takeDeliveryLock>[2];

/** Takes the lock as a function with a cache of its own does. */
function take(relay: ARelay, endpoint: Endpoint = {}, random = Math.random) {
  return takeDeliveryLock({ ...relay.another(), random }, ERP, endpoint, HOLD_MS);
}

async function taken(relay: ARelay, endpoint: Endpoint = {}) {
  const lock = await take(relay, endpoint);
  if (lock === undefined) throw new Error('the lock should be free');
  return lock;
}

describe('a delivery lock', () => {
  it('is in the health row, with the time at which it ends at the latest', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    await taken(relay);

    expect(await relay.healthOf('erp')).toMatchObject({
      state: 'ok',
      lockId: expect.any(String),
      lockedUntil: new Date(relay.clock.now().getTime() + ENDS_AFTER_MS).toISOString(),
    });
  });

  it('is refused to everybody else while it is held', async () => {
    const relay = aRelay();
    await taken(relay);

    relay.clock.advance(ENDS_AFTER_MS - 1);

    expect(await take(relay)).toBeUndefined();
  });

  it('is given to one of two that take it at the same moment', async () => {
    const relay = aRelay();

    const locks = await Promise.all([0.1, 0.9].map((draw) => take(relay, {}, () => draw)));

    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
  });

  it('is free once it is released', async () => {
    const relay = aRelay();
    const lock = await taken(relay);

    await lock.release(undefined);

    expect(await relay.healthOf('erp')).not.toHaveProperty('lockId');
    expect(await relay.healthOf('erp')).not.toHaveProperty('lockedUntil');
    expect(await take(relay)).toBeDefined();
  });

  it('is free once it has expired, because its holder died', async () => {
    const relay = aRelay();
    await taken(relay);

    relay.clock.advance(ENDS_AFTER_MS);

    expect(await take(relay)).toBeDefined();
  });

  it('is not released by a holder whose lock another one has taken', async () => {
    const relay = aRelay();
    const late = await taken(relay);
    relay.clock.advance(ENDS_AFTER_MS);
    await taken(relay);
    const before = await relay.healthOf('erp');

    await late.release(4);

    expect(await relay.healthOf('erp')).toEqual(before);
  });

  it('ends by itself when it cannot be released', async () => {
    const relay = aRelay();
    const lock = await taken(relay);
    const update = vi.spyOn(relay.configTable, 'updateHealth').mockRejectedValue(new StoreError('throttled'));

    await expect(lock.release(undefined)).resolves.toBeUndefined();

    update.mockRestore();
    expect(relay.telemetry.log).toMatchObject([
      { level: 'error', message: 'delivery lock could not be released; it ends by itself' },
    ]);
    expect(await take(relay)).toBeUndefined();
    relay.clock.advance(ENDS_AFTER_MS);
    expect(await take(relay)).toBeDefined();
  });

  it('leaves the health to those who write it meanwhile', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const lock = await taken(relay);
    const other = relay.another();
    await other.config.health.change(ERP, (health) => ({ ...health, consecutiveFailures: 3 }));

    await lock.release(undefined);

    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 3 });
  });
});

describe('the in-flight limit that a holder passes on', () => {
  it.each([
    ['the next holder’s within a minute', 54_999, 7],
    ['one afterwards', 55_000, 1],
  ])('is %s', async (_, elapsedMs, inFlightLimit) => {
    const relay = aRelay();
    await (await taken(relay)).release(7);

    relay.clock.advance(elapsedMs);

    expect(await taken(relay)).toMatchObject({ inFlightLimit });
  });

  it('is left as it was by a holder that sent nothing', async () => {
    const relay = aRelay();
    await (await taken(relay)).release(7);
    relay.clock.advance(30_000);
    await (await taken(relay)).release(undefined);

    expect(await taken(relay)).toMatchObject({ inFlightLimit: 7 });
  });

  it('is one when its time is further ahead than the relay writes it', async () => {
    const relay = aRelay();
    relay.health('erp', { state: 'ok', inFlightLimit: 7, inFlightUntil: '2030-01-01T00:00:00.000Z' });

    expect(await taken(relay)).toMatchObject({ inFlightLimit: 1 });
  });

  it('is one after a holder that died', async () => {
    const relay = aRelay();
    await (await taken(relay)).release(7);
    await taken(relay);
    relay.clock.advance(ENDS_AFTER_MS);

    expect(await taken(relay)).toMatchObject({ inFlightLimit: 1 });
  });
});

describe('the rate limit that a holder passes on', () => {
  it('exists for an endpoint with a rate limit alone', async () => {
    const relay = aRelay();

    expect((await taken(relay)).rateLimiter).toBeUndefined();
  });

  it('is when the next request may start', async () => {
    const relay = aRelay();
    const lock = await taken(relay, { rateLimitPerSecond: 0.1 });
    await lock.rateLimiter?.waitToSend();

    await lock.release(undefined);

    expect(await relay.healthOf('erp')).toMatchObject({
      nextSendAt: new Date(relay.clock.now().getTime() + 10_000).toISOString(),
    });
    expect((await taken(relay, { rateLimitPerSecond: 0.1 })).rateLimiter?.waitMs).toBe(12_000);
  });

  it('is forgotten once the endpoint has no rate limit any more', async () => {
    const relay = aRelay();
    await (await taken(relay, { rateLimitPerSecond: 0.1 })).release(undefined);

    await (await taken(relay)).release(undefined);

    expect(await relay.healthOf('erp')).not.toHaveProperty('nextSendAt');
  });
});
