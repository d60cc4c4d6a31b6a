import { describe, expect, it, vi } from 'vitest';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, everythingIsWaiting, OK, ORDER, SOURCE, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut } from './an-open-circuit.ts';

const ERP = anEndpointId('erp');

describe('an endpoint’s health row', () => {
  it('is not written while every attempt succeeds', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const write = vi.spyOn(relay.configTable, 'updateHealth');

    await fannedOut(relay, 10);

    expect(write).not.toHaveBeenCalled();
  });

  it('is written once per endpoint and run, however many of its attempts failed', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.endpoint('shop', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    relay.sender.answers.set('shop', UNAVAILABLE);
    const write = vi.spyOn(relay.configTable, 'updateHealth');

    await fannedOut(relay, 10);

    expect(write.mock.calls.map(([id]) => id).sort()).toEqual(['erp', 'shop']);
  });

  it('fails no fan-out when it cannot be written', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    vi.spyOn(relay.configTable, 'updateHealth').mockRejectedValue(new StoreError('throttled'));

    const eventId = await relay.accepted();
    expect(await relay.fanOut()).toEqual([]);

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending: 503 in 0 ms' });
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'health could not be written' }),
    );
  });

  it('counts the failures of two functions that write it at the same time', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const [one, other] = [relay.another(), relay.another()];
    await Promise.all([one.config.endpoints(), other.config.endpoints()]);
    const failure = { orderKey: ORDER, at: relay.clock.now(), durationMs: 20, status: 500 };

    for (const each of [one, other, one, other, one, other]) each.config.healthRecorder.observe(ERP, failure);
    await Promise.all([one.config.healthRecorder.flush(), other.config.healthRecorder.flush()]);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', consecutiveFailures: 6 });
  });

  it('is written before a new endpoint’s first delivery row, so that sweep finds that row', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const put = vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockImplementation(async () => {
      expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', version: 1 });
      return true;
    });

    await relay.accepted();
    await relay.fanOut();

    expect(put).toHaveBeenCalledOnce();
  });

  it('does not keep deliver from sending, once the lock could be taken', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    const [eventId] = await fannedOut(relay, 1);
    const update = relay.configTable.updateHealth.bind(relay.configTable);
    vi.spyOn(relay.configTable, 'updateHealth').mockImplementation((id, only, change) =>
      'lockId' in change ? update(id, only, change) : Promise.reject(new StoreError('throttled')),
    );

    expect(await relay.deliver()).toEqual([]);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'health could not be written' }),
    );
  });

  it('has its messages seen again by deliver when the lock cannot be taken', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await fannedOut(relay, 1);
    vi.spyOn(relay.configTable, 'updateHealth').mockRejectedValue(new StoreError('throttled'));

    expect(await relay.deliver()).toHaveLength(1);

    expect(relay.sender.requests).toEqual([]);
  });
});

describe('the attempts that a function has observed', () => {
  const failure = (relay: ReturnType<typeof aRelay>) => ({
    orderKey: ORDER,
    at: relay.clock.now(),
    durationMs: 20,
    status: 500,
  });

  /** Five failures, of which the write to the table is held up. */
  async function whileFlushing() {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.config.endpoints();
    const { healthRecorder } = relay.config;
    const isWritten = Promise.withResolvers<void>();
    const update = relay.configTable.updateHealth.bind(relay.configTable);
    const write = vi.spyOn(relay.configTable, 'updateHealth').mockImplementation(async (...change) => {
      await isWritten.promise;
      return update(...change);
    });
    for (let n = 0; n < 5; n++) healthRecorder.observe(ERP, failure(relay));
    const flushed = healthRecorder.flush();
    await everythingIsWaiting();
    return { relay, healthRecorder, write, flushed, isWritten };
  }

  it('count at once, before they are written', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.config.endpoints();

    for (let n = 0; n < 5; n++) relay.config.healthRecorder.observe(ERP, failure(relay));

    expect(relay.config.healthRecorder.current(ERP)).toMatchObject({ state: 'failing' });
    expect(await relay.healthOf('erp')).not.toHaveProperty('failingSince');
  });

  it('still count while they are being written: the endpoint stays failing', async () => {
    const { healthRecorder, write, flushed, isWritten } = await whileFlushing();

    expect(write).toHaveBeenCalledOnce();
    expect(healthRecorder.current(ERP)).toMatchObject({ state: 'failing', consecutiveFailures: 5 });

    isWritten.resolve();
    await flushed;
    expect(healthRecorder.current(ERP)).toMatchObject({ state: 'failing', consecutiveFailures: 5 });
  });

  it('are kept when they are observed during a write, and written by the next flush', async () => {
    const { relay, healthRecorder, flushed, isWritten } = await whileFlushing();
    healthRecorder.observe(ERP, failure(relay));

    isWritten.resolve();
    await flushed;

    expect(healthRecorder.current(ERP)).toMatchObject({ consecutiveFailures: 6 });
    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 5 });
    await healthRecorder.flush();
    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 6 });
    expect(healthRecorder.current(ERP)).toMatchObject({ consecutiveFailures: 6 });
  });

  it('are written once each by flushes that overlap', async () => {
    const { relay, healthRecorder, flushed, isWritten } = await whileFlushing();
    healthRecorder.observe(ERP, failure(relay));
    const again = healthRecorder.flush();

    isWritten.resolve();
    await Promise.all([flushed, again]);

    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 6 });
  });

  it('are written once each by a flush that starts when the first of two others has ended', async () => {
    const { relay, healthRecorder, write, flushed, isWritten } = await whileFlushing();
    const held = write.getMockImplementation();
    const isSecondWritten = Promise.withResolvers<void>();
    write.mockImplementationOnce(async (...change) => {
      await isSecondWritten.promise;
      return held?.(...change) ?? false;
    });
    healthRecorder.observe(ERP, failure(relay));
    const second = healthRecorder.flush();
    isWritten.resolve();
    await flushed;

    const third = healthRecorder.flush();
    await everythingIsWaiting();
    isSecondWritten.resolve();
    await Promise.all([second, third]);

    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 6 });
  });

  it('are kept when the row says the same as those that are being written', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const other = relay.another();
    await Promise.all([relay.config.endpoints(), other.config.endpoints()]);
    const { health, healthRecorder } = relay.config;
    const success = { ...failure(relay), status: 200 };
    const isWritten = Promise.withResolvers<void>();
    const update = relay.configTable.updateHealth.bind(relay.configTable);
    vi.spyOn(relay.configTable, 'updateHealth').mockImplementationOnce(async (...change) => {
      await isWritten.promise;
      return update(...change);
    });
    healthRecorder.observe(ERP, success);
    const flushed = healthRecorder.flush();
    other.config.healthRecorder.observe(ERP, success);
    await other.config.healthRecorder.flush();
    await health.reread(ERP);

    const again = healthRecorder.flush();
    healthRecorder.observe(ERP, failure(relay));
    isWritten.resolve();
    await Promise.all([flushed, again]);
    await healthRecorder.flush();

    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 1 });
  });

  it('are dropped when they cannot be written, so that they do not count for ever', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.config.endpoints();
    const { healthRecorder } = relay.config;
    vi.spyOn(relay.configTable, 'updateHealth').mockRejectedValue(new StoreError('throttled'));
    for (let n = 0; n < 5; n++) healthRecorder.observe(ERP, failure(relay));

    await expect(healthRecorder.flush()).resolves.toBeUndefined();

    expect(healthRecorder.current(ERP)).toMatchObject({ state: 'ok', consecutiveFailures: 0 });
  });

  it.each([
    ['the state', 5, true],
    ['nothing that others decide by', 4, false],
  ])('are written at once when they change %s', async (_, failures, isWritten) => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.config.endpoints();
    for (let n = 0; n < failures; n++) relay.config.healthRecorder.observe(ERP, failure(relay));

    await relay.config.healthRecorder.flushIfChanged(ERP);

    expect('failingSince' in (await relay.healthOf('erp'))).toBe(isWritten);
  });

  it('are written at once when the endpoint is proven by them', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.sender.answers.set('erp', OK);
    await relay.config.endpoints();
    relay.config.healthRecorder.observe(ERP, {
      orderKey: ORDER,
      at: relay.clock.now(),
      durationMs: 20,
      status: 200,
    });

    await relay.config.healthRecorder.flushIfChanged(ERP);

    expect(await relay.healthOf('erp')).toHaveProperty('provenAt');
  });
});

describe('health that is written later than others wrote theirs', () => {
  it('keeps an endpoint failing, although this function saw a success before it started to fail', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const [one, other] = [relay.another(), relay.another()];
    await Promise.all([one.config.endpoints(), other.config.endpoints()]);
    one.config.healthRecorder.observe(ERP, {
      orderKey: ORDER,
      at: relay.clock.now(),
      durationMs: 20,
      status: 200,
    });
    relay.clock.advance(2_000);
    for (let n = 0; n < 5; n++)
      other.config.healthRecorder.observe(ERP, {
        orderKey: ORDER,
        at: relay.clock.now(),
        durationMs: 20,
        status: 503,
      });
    await other.config.healthRecorder.flush();
    relay.clock.advance(10_000);
    await one.config.endpoints();

    expect(one.config.healthRecorder.current(ERP)).toMatchObject({ state: 'failing' });
  });
});

describe('the metric of refusing endpoints', () => {
  it('counts once when two functions see the fifth refused order at the same time', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const [one, other] = [relay.another(), relay.another()];
    await Promise.all([one.config.endpoints(), other.config.endpoints()]);
    const refusal = (order: number) => ({
      orderKey: orderKeyOf(SOURCE, `${order}`),
      ...{ at: relay.clock.now(), durationMs: 20, status: 404 },
    });
    for (let order = 1; order <= 4; order++) one.config.healthRecorder.observe(ERP, refusal(order));
    await one.config.healthRecorder.flush();
    expect(relay.telemetry.counts.get('EndpointsRefusing')).toBeUndefined();

    one.config.healthRecorder.observe(ERP, refusal(5));
    other.config.healthRecorder.observe(ERP, refusal(6));
    await Promise.all([one.config.healthRecorder.flush(), other.config.healthRecorder.flush()]);

    expect(relay.telemetry.counts.get('EndpointsRefusing')).toBe(1);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'endpoint is refusing' }),
    );
  });

  it('counts one circuit that two functions open at the same time', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const [one, other] = [relay.another(), relay.another()];
    await Promise.all([one.config.endpoints(), other.config.endpoints()]);
    const failure = { orderKey: ORDER, at: relay.clock.now(), durationMs: 20, status: 500 };
    for (let n = 0; n < 5; n++)
      for (const each of [one, other]) each.config.healthRecorder.observe(ERP, failure);

    await Promise.all([one.config.healthRecorder.flush(), other.config.healthRecorder.flush()]);

    expect(relay.telemetry.counts.get('CircuitsOpened')).toBe(1);
  });
});

describe('refusals that one function recorded', () => {
  it('end with a success that another function sees at least ten seconds later', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const [one, other] = [relay.another(), relay.another()];
    await Promise.all([one.config.endpoints(), other.config.endpoints()]);
    const attempt = (order: number, status: number) => ({
      orderKey: orderKeyOf(SOURCE, `${order}`),
      ...{ at: relay.clock.now(), durationMs: 20, status },
    });
    for (let order = 1; order <= 5; order++) one.config.healthRecorder.observe(ERP, attempt(order, 401));
    await one.config.healthRecorder.flush();
    const succeeds = async () => {
      await other.config.endpoints();
      other.config.healthRecorder.observe(ERP, attempt(9, 200));
      await other.config.healthRecorder.flush();
    };

    relay.clock.advance(5_000);
    await succeeds();
    // This function's cache is older than the refusals.
    expect(await relay.healthOf('erp')).toHaveProperty('refusedOrders');

    relay.clock.advance(5_000);
    await succeeds();
    expect(await relay.healthOf('erp')).not.toHaveProperty('refusedOrders');
  });
});
