import { describe, expect, it, vi } from 'vitest';
import { endpointIdSchema } from '../../../lib/relay/endpoint/endpoint-id.ts';
import { sourceIdSchema } from '../../../lib/relay/endpoint/source.ts';
import { NOTICES, orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { sweep } from '../../../lib/relay/sweep/sweep.ts';
import { sendTestEvent } from '../../../lib/relay/test-event.ts';
import { aRelay, GONE, OK, REFUSED, UNAVAILABLE } from '../a-relay.ts';

/** A relay with an endpoint for orders, and one that receives only notices. */
function aRelayWithChat(chat: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.endpoint('chat', { sources: [], notices: true, ...chat });
  const notices = () =>
    relay.sender.to('chat').map(({ body }) => JSON.parse(Buffer.from(body).toString()) as { type: string });
  return { relay, notices, types: () => notices().map(({ type }) => type) };
}

/** So many webhooks, of an order each, to an endpoint that fails. */
async function failing(relay: ReturnType<typeof aRelay>, count: number, answer = UNAVAILABLE) {
  relay.sender.answers.set('erp', answer);
  for (let order = 1; order <= count; order++) await relay.accepted({ Id: `${order}` });
  await relay.work();
}

describe('an endpoint that asks for notices', () => {
  it('gets one notice when another endpoint goes down and one when it is back, as signed and retried events', async () => {
    const { relay, notices, types } = aRelayWithChat();
    await failing(relay, 5);

    await relay.run(4);
    expect(types()).toEqual(['endpoint.down']);
    expect(notices()[0]).toEqual({
      type: 'endpoint.down',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      data: {
        endpoint: 'erp',
        message:
          'erp is failing: 5 failures in a row: status 503. Its deliveries are parked, and sent when it answers again.',
      },
    });
    expect(relay.sender.to('chat')[0]).toMatchObject({
      url: 'https://chat/hook?orderid=',
      headers: { 'webhook-id': expect.stringMatching(/^evt_/), 'content-type': 'application/json' },
    });

    relay.sender.answers.set('erp', OK);
    await relay.run(20);
    expect(types()).toEqual(['endpoint.down', 'endpoint.recovered']);
  });

  it('gets one notice when another endpoint refuses five orders, and one when that accepts orders again', async () => {
    const { relay, notices, types } = aRelayWithChat();
    const unauthorized = { kind: 'answer', status: 401, text: 'no' } as const;
    await failing(relay, 4, unauthorized);
    await relay.run(2);
    expect(types()).toEqual([]);

    await relay.accepted({ Id: 'a fifth' });
    await relay.run(5);
    expect(notices()).toMatchObject([
      {
        type: 'endpoint.refusing',
        data: {
          endpoint: 'erp',
          message:
            'erp refuses every order: 5 in a row, the last answer was 401. Fix the endpoint or its credentials, then: endpoints enable erp',
        },
      },
    ]);

    relay.sender.answers.set('erp', OK);
    await relay.accepted({ Id: 'a sixth' });
    await relay.run(5);
    expect(types()).toEqual(['endpoint.refusing', 'endpoint.recovered']);
    expect(notices()[1]).toMatchObject({
      data: { message: expect.stringMatching(/^erp accepts orders again\..* --state pending$/) },
    });
  });

  it('gets a notice of the failure when a refusing endpoint goes down, and of the refusals when only those are left', async () => {
    const { relay, types } = aRelayWithChat();
    await failing(relay, 5, REFUSED);
    await relay.run(1);
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let order = 11; order <= 15; order++) await relay.accepted({ Id: `${order}` });
    await relay.run(2);
    expect(types()).toEqual(['endpoint.refusing', 'endpoint.down']);

    relay.sender.answers.set('erp', REFUSED);
    await relay.run(20);
    expect(types()).toEqual(['endpoint.refusing', 'endpoint.down', 'endpoint.refusing']);
  });

  it('gets a notice when another endpoint is disabled', async () => {
    const { relay, types } = aRelayWithChat();
    await failing(relay, 1, GONE);

    await relay.run(3);

    expect(types()).toEqual(['endpoint.disabled']);
  });

  it('gets one notice for several dead deliveries, and each delivery is counted once', async () => {
    const { relay, notices } = aRelayWithChat();
    relay.endpoint('erp', { maxAttempts: 1 });
    await failing(relay, 1, REFUSED);
    // Deliveries that are dead before the first sweep cause no notice.
    await relay.run(1);
    await failing(relay, 3, REFUSED);

    await relay.run(5);

    expect(notices()).toMatchObject([
      {
        type: 'deliveries.dead',
        data: {
          message:
            '3 deliveries to erp failed for good. Fix the endpoint, then: deliveries retry --endpoint erp',
        },
      },
    ]);
  });

  it('gets one notice per silence of the Hub', async () => {
    const { relay, types } = aRelayWithChat();
    const hours = async (count: number) => {
      for (let half = 0; half < 2 * count; half++) {
        relay.minutes(30);
        await sweep(relay.relay, relay.deadline(), 3);
        await relay.work();
      }
    };
    await hours(4);
    expect(types()).toEqual([]);

    await relay.accepted();
    await hours(2);
    expect(types()).toEqual([]);
    await hours(6);
    expect(types()).toEqual(['hub.silent']);

    await relay.accepted();
    await hours(4);
    expect(types()).toEqual(['hub.silent', 'hub.silent']);
  });

  it('gets a notice later when it does not take it at once', async () => {
    const { relay, types } = aRelayWithChat();
    relay.sender.answers.set('chat', UNAVAILABLE);
    await failing(relay, 5);
    await relay.run(2);
    relay.sender.answers.set('chat', OK);

    await relay.run(10);

    expect(types().filter((type) => type === 'endpoint.down').length).toBeGreaterThan(1);
    const [key] = (await relay.owed('chat')).map(({ orderKey }) => orderKey);
    expect(key).toBeUndefined();
  });

  it('gets a notice twice rather than never when sweep stores it and then fails to record it', async () => {
    const { relay, types } = aRelayWithChat();
    await failing(relay, 5);
    const { noticeLedger } = relay.config;
    const record = noticeLedger.recordState.bind(noticeLedger);
    let failures = 1;
    vi.spyOn(noticeLedger, 'recordState').mockImplementation((id, state) =>
      failures-- > 0 ? Promise.reject(new StoreError('throttled')) : record(id, state),
    );

    await relay.run(4);

    expect(types().filter((type) => type === 'endpoint.down')).toHaveLength(2);
  });
});

describe('a notice', () => {
  it('goes to nobody who has not asked for it, whichever sources they hear', async () => {
    const { relay } = aRelayWithChat();
    relay.endpoint('shop');
    await failing(relay, 5);
    const before = relay.sender.to('shop').length;

    await relay.run(3);

    expect(relay.sender.to('shop')).toHaveLength(before);
  });

  it('is never about a notice: a dead notice delivery causes none', async () => {
    const { relay, types } = aRelayWithChat({ maxAttempts: 1 });
    relay.endpoint('pager', { sources: [], notices: true });
    relay.sender.answers.set('chat', REFUSED);
    await relay.run(1);
    await failing(relay, 5);
    await relay.run(5);

    expect(types()).toEqual(['endpoint.down']);
    expect(await relay.owed('attention#chat')).toHaveLength(1);
    expect(relay.sender.to('pager')).toHaveLength(1);
  });

  it('is not sent to the endpoint that it is about', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { notices: true });
    await failing(relay, 5);

    await relay.run(3);

    const notices = relay.sender.requests.filter(({ body }) => Buffer.from(body).includes('endpoint.down'));
    expect(notices).toEqual([]);
  });

  it('is not even stored where nobody asks for notices', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await failing(relay, 5);
    const store = vi.spyOn(relay.eventLog, 'putEvent');

    await relay.run(3);

    expect(store).not.toHaveBeenCalled();
  });

  it('has a source of its own, which no Hub account can have', () => {
    expect(sourceIdSchema.safeParse('notices').success).toBe(false);
    expect(sourceIdSchema.safeParse('tests').success).toBe(false);
    expect(orderKeyOf(NOTICES, 'evt')).toBe('notices/evt');
  });
});

describe('a test event', () => {
  it('goes to the one endpoint that it is for, by deliver, and shows what that answers', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { debounceSeconds: 900 });
    relay.endpoint('shop');
    relay.clock.advance(1);
    const { orderKey, eventId } = await sendTestEvent(relay.relay, endpointIdSchema.parse('erp'));

    await relay.work();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(relay.sender.to('shop')).toEqual([]);
    expect(await relay.rows(orderKey)).toMatchObject([{ state: 'delivered', attempts: [{ answer: 'ok' }] }]);
  });
});
