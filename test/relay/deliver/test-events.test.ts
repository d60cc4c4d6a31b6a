import { describe, expect, it } from 'vitest';
import { sendTestEvent } from '../../../lib/relay/test-event.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, UNAVAILABLE } from '../a-relay.ts';
import { type ARelay, fannedOut, withOpenCircuit } from '../health/an-open-circuit.ts';

const ERP = anEndpointId('erp');

/** Stores a test event, fans it out, and names it to deliver as `endpoints test` does. */
async function tested(relay: ARelay) {
  relay.clock.advance(1);
  const key = await sendTestEvent(relay.relay, ERP);
  await relay.fanOut();
  await relay.deliveryQueue.send([{ ...key, endpointId: ERP, delaySeconds: 0 }]);
  await relay.deliver();
  const [row] = await relay.rows(key.orderKey);
  return row;
}

describe('a test event', () => {
  it('reaches a failing endpoint before its next probe, closes the circuit and drains the backlog', async () => {
    const relay = withOpenCircuit();
    const waiting = await fannedOut(relay, 3);

    const row = await tested(relay);

    expect(row).toMatchObject({ state: 'delivered', attempts: [{ status: 200 }] });
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', consecutiveFailures: 0 });
    expect(relay.sender.eventsTo('erp')).toEqual([row?.eventId, ...waiting]);
  });

  it('that fails ends at once, and the circuit stays open with the same time of the next probe', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 3);
    const { retryAt } = await relay.healthOf('erp');

    const row = await tested(relay);

    expect(row).toMatchObject({ state: 'dead', attempts: [{ status: 503 }] });
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', retryAt });
    expect(await relay.healthOf('erp')).not.toHaveProperty('failedProbes');
    expect(relay.sender.to('erp')).toHaveLength(1);
  });

  it('goes before the probe that is due, and the probe is not used up by its failure', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    const [waiting] = await fannedOut(relay, 1);
    relay.minutes(1);

    const row = await tested(relay);

    expect(relay.sender.eventsTo('erp')).toEqual([row?.eventId, waiting]);
  });

  it('that sweep chose as the probe ends with its first answer', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    const { orderKey } = await sendTestEvent(relay.relay, ERP);
    await relay.fanOut();
    relay.minutes(1);

    await relay.sweep();
    await relay.work();

    expect(await relay.rows(orderKey)).toMatchObject([{ state: 'dead', attempts: [{ status: 503 }] }]);
  });

  it('reaches a paused endpoint, and the parked deliveries stay', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', state: 'paused' });
    await fannedOut(relay, 2);

    const row = await tested(relay);

    expect(row).toMatchObject({ state: 'delivered' });
    expect(relay.sender.eventsTo('erp')).toEqual([row?.eventId]);
    expect(await relay.owed('erp')).toHaveLength(2);
  });

  it('reaches a paused endpoint when its message comes with those of parked deliveries', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', state: 'paused' });
    await fannedOut(relay, 1);
    const parked = await relay.owed('erp');
    await relay.deliveryQueue.send(parked.map((key) => ({ ...key, endpointId: ERP, delaySeconds: 0 })));

    const row = await tested(relay);

    expect(relay.sender.eventsTo('erp')).toEqual([row?.eventId]);
  });

  it('does not wait for the rate limit', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { rateLimitPerSecond: 0.01 });

    expect(await tested(relay)).toMatchObject({ state: 'delivered' });
    expect(await tested(relay)).toMatchObject({ state: 'delivered' });
  });

  it('is not sent to a disabled endpoint', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.health('erp', { state: 'disabled', reason: 'it answered 410', version: 1 });

    await tested(relay);

    expect(relay.sender.requests).toEqual([]);
  });

  it('records the headers of the answer that explain it, and an order’s delivery does not', async () => {
    const relay = aRelay();
    const headers = {
      'content-type': 'text/html',
      location: '/login',
      'x-other': '1',
      server: 's'.repeat(300),
    };
    relay.newEndpoint('erp');
    relay.sender.answers.set('erp', { kind: 'answer', status: 302, text: 'no', headers });

    const row = await tested(relay);
    await relay.accepted();
    await relay.work();

    expect(row?.attempts).toMatchObject([
      { headers: { 'content-type': 'text/html', location: '/login', server: 's'.repeat(256) } },
    ]);
    expect(row?.attempts[0]?.headers).not.toHaveProperty('x-other');
    expect((await relay.rows())[0]?.attempts[0]).not.toHaveProperty('headers');
  });
});
