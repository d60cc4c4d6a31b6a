import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { Deadline, after as laterBy } from '../../../lib/relay/model/clock.ts';
import { maxDeliveryMs } from '../../../lib/relay/sending/transform.ts';
import { sendTestEvent } from '../../../lib/relay/test-event.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';
import { fannedOut } from '../health/an-open-circuit.ts';

const ERP = anEndpointId('erp');

/** Deliveries to `erp` of as many orders, and their messages. */
async function withMessages(count: number, health: (now: Date) => Record<string, unknown> = () => ({})) {
  const relay = aRelay();
  relay.newEndpoint('erp');
  const events = await fannedOut(relay, count);
  relay.health('erp', { state: 'ok', version: 9, ...health(relay.clock.now()) });
  relay.clock.advance(11_000);
  return { relay, events, messages: relay.deliveryQueue.take() };
}

const failing = (now: Date) => ({
  state: 'failing',
  consecutiveFailures: 5,
  failingSince: now.toISOString(),
  retryAt: now.toISOString(),
  probeIntervalSeconds: 60,
});

describe('a probe', () => {
  it('is not sent when another function has taken it', async () => {
    const { relay, messages } = await withMessages(1, failing);
    vi.spyOn(relay.config.health, 'change').mockResolvedValue(undefined);

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.owed('erp')).toHaveLength(1);
  });

  it('is left to a later service when no time is left after a delivery that needed no request', async () => {
    const { relay, events, messages } = await withMessages(3, failing);
    vi.spyOn(relay.eventLog, 'payload').mockImplementationOnce(async () => {
      relay.clock.advance(10_000);
      return undefined;
    });

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toEqual([]);
    const made = laterBy(relay.clock.now(), -2_000);
    const waiting = (await relay.owed('erp')).filter(({ eventId }) => events.slice(1).includes(eventId));
    expect(waiting).toMatchObject([{ dueAt: made }, { dueAt: made }]);
  });

  it('takes the next delivery when the first one needed no request', async () => {
    const { relay, events, messages } = await withMessages(2, failing);
    vi.spyOn(relay.eventLog, 'payload').mockResolvedValueOnce(undefined);

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual(events.slice(1));
  });
});

describe('a delivery that is prepared', () => {
  it('is not sent when the endpoint has become failing meanwhile', async () => {
    const { relay, messages } = await withMessages(1);
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation(async (key) => {
      await relay.config.health.change(ERP, (health) => ({
        ...health,
        state: 'failing',
        retryAt: laterBy(relay.clock.now(), 60_000),
      }));
      return payload(key);
    });

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.owed('erp')).toHaveLength(1);
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('is made due again when the time of the service is over', async () => {
    const { relay, messages } = await withMessages(1);
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation(async (key) => {
      relay.clock.advance(10_000);
      return payload(key);
    });

    await deliver(relay.relay, messages, relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.owed('erp')).toMatchObject([{ dueAt: laterBy(relay.clock.now(), -2_000) }]);
  });
});

/** The longest that a delivery to `erp` takes, with the writes. */
async function longestMs(relay: ReturnType<typeof aRelay>): Promise<number> {
  const [endpoint] = (await relay.config.endpoints()).valid;
  if (endpoint === undefined) throw new Error('the endpoint is invalid');
  return maxDeliveryMs(endpoint) + 5_000;
}

describe('a service whose function has little time left', () => {
  it.each([
    ['sends when the request and the writes fit in', 0, 1],
    ['sends nothing otherwise', -1, 0],
  ])('%s', async (_, ms, requests) => {
    const { relay, messages } = await withMessages(1);

    await deliver(relay.relay, messages, new Deadline(relay.clock, (await longestMs(relay)) + ms));

    expect(relay.sender.requests).toHaveLength(requests);
  });

  it.each([
    ['sends a test event to a paused endpoint when the request and the writes fit in', 0, 1],
    ['sends no test event to a paused endpoint otherwise', -1, 0],
  ])('%s', async (_, ms, requests) => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    const key = { ...(await sendTestEvent(relay.relay, ERP)), endpointId: ERP };
    await relay.fanOut();

    await deliver(relay.relay, [key], new Deadline(relay.clock, (await longestMs(relay)) + ms));

    expect(relay.sender.requests).toHaveLength(requests);
  });
});

describe('the deliveries of an endpoint whose row is gone', () => {
  it.each([
    ['are cancelled when they are a minute old', 60_000, 'cancelled'],
    ['wait while they are younger', 59_999, 'pending'],
  ])('%s', async (_, ageMs, state) => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await relay.accepted();
    await relay.fanOut();
    const messages = relay.deliveryQueue.take();
    await relay.configTable.remove('endpoint', 'erp');
    relay.clock.advance(ageMs);

    await deliver(relay.relay, messages, relay.deadline());

    expect(await relay.rows()).toMatchObject([{ state }]);
  });
});
