import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { ingest } from '../../lib/relay/ingest.ts';
import { eventTime, orderKeyOf, sha256Hex, shardOf } from '../../lib/relay/model/ids.ts';
import { PayloadTooLargeError, StoreError } from '../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting, ORDER, SOURCE, TOKEN } from './a-relay.ts';

/** Two tries of the AWS SDK: see lib/aws/clients.ts. */
const CALL_TAKES_AT_MOST_MS = 4_500;

describe('ingest', () => {
  it('stores the payload as it came and the record of it, owed to fan-out, and wakes fan-out', async () => {
    const relay = aRelay();

    const eventId = await relay.accepted({
      Id: '1',
      NiceId: 'Magic7-501',
      Items: [{ Sku: 'MUG', Status: 'New' }],
    });

    expect(await relay.event(eventId)).toMatchObject({
      orderKey: 'main/1',
      orderId: '1',
      niceId: 'Magic7-501',
      source: 'main',
      items: [{ sku: 'MUG', status: 'New' }],
    });
    expect(await relay.eventLog.payload({ orderKey: ORDER, eventId })).toEqual({
      contentType: 'application/json',
      body: Buffer.from('{"Id":"1","NiceId":"Magic7-501","Items":[{"Sku":"MUG","Status":"New"}]}'),
    });
    expect(await relay.owed(`fan-out#${shardOf(eventId)}`)).toMatchObject([{ eventId }]);
    expect(relay.eventQueue.take()).toEqual([{ orderKey: ORDER, eventId }]);
  });

  it('takes the order id that was appended to the address before the one in the body', async () => {
    const relay = aRelay();

    await relay.webhook({ Id: 'in-body' }, 'orderid=in-query');

    expect(relay.eventQueue.take()).toMatchObject([{ orderKey: 'main/in-query' }]);
  });

  it('keeps two orders apart whose ids differ in a digit that JavaScript cannot hold', async () => {
    const relay = aRelay();

    await relay.webhook('{"Id":9007199254740992}');
    await relay.webhook('{"Id":9007199254740993}');

    expect(relay.eventQueue.take().map(({ orderKey }) => orderKey)).toEqual([
      'main/9007199254740992',
      'main/9007199254740993',
    ]);
  });

  it('finds one order in ids with and without spaces at their ends, in query and body', async () => {
    const relay = aRelay();

    await relay.webhook({ Id: '1' });
    await relay.webhook({ Id: ' 1 ' });
    await relay.webhook('{}', 'orderid=%201');
    await relay.webhook({ Id: '1' }, 'orderid=%20');

    expect(relay.eventQueue.take().map(({ orderKey }) => orderKey)).toEqual(Array(4).fill(ORDER));
  });

  it('lets an event without an order id stand alone', async () => {
    const relay = aRelay();

    const first = await relay.webhook('no order');
    const second = await relay.webhook('no order');

    const keys = relay.eventQueue.take().map(({ orderKey }) => orderKey);
    expect(keys).toEqual([first, second].map((answer) => `main/${'eventId' in answer && answer.eventId}`));
  });

  it('answers an empty request without an order id and stores nothing', async () => {
    const relay = aRelay();

    expect(await relay.webhook('')).toEqual({ kind: 'address works' });
    expect(relay.eventQueue.take()).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])(
    'stores nothing for a %s, with an order id or without: a browser sends it, not the Hub',
    async (method) => {
      const relay = aRelay();
      const get = (token: string) =>
        ingest(relay.relay, { token, method, rawQuery: 'orderid=1', body: new Uint8Array() });

      expect(await get(TOKEN)).toEqual({ kind: 'address works' });
      expect(await get('other'.padEnd(43, '-'))).toEqual({ kind: 'unknown address' });
      expect(relay.eventQueue.take()).toEqual([]);
      expect(relay.eventLog.allEventKeys()).toEqual([]);
    },
  );

  it.each(['POST', 'PUT', 'PATCH'])('stores a webhook that comes by %s', async (method) => {
    const relay = aRelay();

    const answer = await ingest(relay.relay, {
      token: TOKEN,
      method,
      rawQuery: 'orderid=1',
      body: Buffer.from('{"Id":"1"}'),
    });

    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(relay.eventQueue.take()).toMatchObject([{ orderKey: ORDER }]);
  });

  it('does not know a token that is no source’s, nor that of a source that is not enabled', async () => {
    const relay = aRelay();
    const token = 'other'.padEnd(43, '-');
    const request = { token, rawQuery: '', body: Buffer.from('{}') };

    expect(await ingest(relay.relay, request)).toEqual({ kind: 'unknown address' });
    relay.configTable.put('source', 'off', {
      tokenSha256: sha256Hex(token),
      enabled: false,
    });
    expect(await ingest(relay.relay, request)).toEqual({ kind: 'unknown address' });
  });

  it('gives a later webhook of an order the greater id, whatever the clock says', async () => {
    const relay = aRelay();
    const first = await relay.accepted();

    relay.clock.advance(-60_000);
    const second = await relay.accepted();

    expect(second > first).toBe(true);
    expect(eventTime(second).getTime()).toBe(eventTime(first).getTime() + 1);
  });

  it('makes do with the clock when the order cannot be read', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventLog, 'newestEventId').mockRejectedValue(new StoreError('throttled'));

    expect(await relay.webhook()).toMatchObject({ kind: 'accepted' });
  });

  it('accepts an event whose message could not be sent: the row is owed', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventQueue, 'send').mockRejectedValue(new Error('queue is down'));

    const eventId = await relay.accepted();

    expect(await relay.owed(`fan-out#${shardOf(eventId)}`)).toHaveLength(1);
  });

  it.each(['putPayload', 'putEvent'] as const)(
    'puts the whole event on the queue when the table refuses %s',
    async (method) => {
      const relay = aRelay();
      vi.spyOn(relay.eventLog, method).mockRejectedValue(new StoreError('throttled'));

      const eventId = await relay.accepted({ Id: '1' });

      expect(relay.eventQueue.take()).toMatchObject([
        {
          orderKey: ORDER,
          eventId,
          fullEvent: { event: { eventId }, payload: { body: Buffer.from('{"Id":"1"}') } },
        },
      ]);
    },
  );

  it('puts the whole event on the queue when the table does not answer within five seconds', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventLog, 'putPayload').mockReturnValue(new Promise(() => {}));

    const accepting = relay.accepted();
    await everythingIsWaiting();
    relay.clock.advance(5_000);

    const eventId = await accepting;
    expect(relay.eventQueue.take()).toMatchObject([{ eventId, fullEvent: { event: { eventId } } }]);
  });

  it('writes the payload while it reads the newest id, and the event only once the payload is there', async () => {
    const relay = aRelay();
    const read = Promise.withResolvers<undefined>();
    const written = Promise.withResolvers<void>();
    vi.spyOn(relay.eventLog, 'newestEventId').mockReturnValue(read.promise);
    const putPayload = vi.spyOn(relay.eventLog, 'putPayload').mockReturnValue(written.promise);
    const putEvent = vi.spyOn(relay.eventLog, 'putEvent');

    const accepting = relay.accepted();
    await everythingIsWaiting();
    expect(putPayload).toHaveBeenCalledTimes(1);
    read.resolve(undefined);
    await everythingIsWaiting();
    expect(putEvent).not.toHaveBeenCalled();
    written.resolve();

    const eventId = await accepting;
    expect(putPayload).toHaveBeenCalledTimes(1);
    expect(putEvent.mock.calls.map(([event]) => event.eventId)).toEqual([eventId]);
  });

  it('writes the payload again under a later id when the order has one that is as late as the clock’s', async () => {
    const relay = aRelay();
    const first = await relay.accepted();
    const putPayload = vi.spyOn(relay.eventLog, 'putPayload');
    relay.clock.advance(-60_000);

    const eventId = await relay.accepted({ Id: '1', second: true });

    expect(eventId > first).toBe(true);
    expect(putPayload.mock.calls.map(([key]) => key.eventId)).toEqual([expect.any(String), eventId]);
    expect(await relay.eventLog.payload({ orderKey: ORDER, eventId })).toMatchObject({
      body: Buffer.from('{"Id":"1","second":true}'),
    });
    const events = await Array.fromAsync(relay.eventLog.eventsNewestFirst(ORDER));
    expect(events.map((event) => event.eventId)).toEqual([eventId, first]);
  });

  it('refuses only when neither the table nor the queue takes it', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventLog, 'putPayload').mockRejectedValue(new StoreError('throttled'));
    vi.spyOn(relay.eventQueue, 'send').mockRejectedValue(new Error('queue is down'));

    expect(await relay.webhook()).toEqual({ kind: 'unavailable' });
  });

  it('refuses a body that cannot be kept, and does not put it on the queue', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventLog, 'putPayload').mockRejectedValue(new PayloadTooLargeError('too large'));

    expect(await relay.webhook()).toEqual({ kind: 'too large' });
    expect(relay.eventQueue.take()).toEqual([]);
  });

  it('keeps what comes on the queue while it has never read the sources, and answers 2xx', async () => {
    const relay = aRelay();
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('throttled'));

    expect(await relay.webhook()).toMatchObject({ kind: 'accepted' });
    expect(relay.eventQueue.take()).toMatchObject([
      { orderKey: 'unverified/1', tokenSha256: expect.stringMatching(/^[0-9a-f]{64}$/), fullEvent: {} },
    ]);
    expect(relay.telemetry.counts.get('EventsAcceptedByQueue')).toBe(1);
  });

  it('enqueues a webhook of a source that its old cached sources lack, while newer ones cannot be read', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.eventQueue.take();
    const token = 'new'.padEnd(43, '-');
    relay.configTable.put('source', 'new', { tokenSha256: sha256Hex(token) });
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('throttled'));
    const request = { token, rawQuery: 'orderid=1', body: Buffer.from('{"Id":"1"}') };
    const answers = [];
    for (const waitMs of [0, 1_000, 10, 9_000, 60_001, 10]) {
      relay.clock.advance(waitMs);
      answers.push((await ingest(relay.relay, request)).kind);
    }

    // The cached sources are young enough for the first.
    expect(answers).toEqual(['unknown address', ...Array(5).fill('accepted')]);
    expect(relay.eventQueue.take().map(({ orderKey }) => orderKey)).toEqual(Array(5).fill('unverified/1'));
  });

  it('knows the cached sources for as long as newer ones cannot be read', async () => {
    const relay = aRelay();
    await relay.accepted();
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('throttled'));
    relay.minutes(60);

    expect(await relay.webhook()).toMatchObject({ kind: 'accepted' });
    expect(relay.eventQueue.take()).toMatchObject([{ orderKey: ORDER }, { orderKey: ORDER }]);
  });

  it.each(['its source is not known', 'the table fails'])(
    'refuses a body that no row can hold, when %s, and does not enqueue it',
    async (failure) => {
      const relay = aRelay();
      const failing = new StoreError('throttled');
      if (failure === 'the table fails') vi.spyOn(relay.eventLog, 'putPayload').mockRejectedValue(failing);
      else vi.spyOn(relay.configTable, 'rows').mockRejectedValue(failing);

      const answer = await ingest(relay.relay, {
        token: TOKEN,
        rawQuery: 'orderid=1',
        body: randomBytes(401 * 1024),
      });

      expect(answer).toEqual({ kind: 'too large' });
      expect(relay.eventQueue.take()).toEqual([]);
      expect(relay.telemetry.counts.get('EventsAccepted')).toBeUndefined();
    },
  );

  it('asks who tries the address out to try again while it has never read the sources', async () => {
    const relay = aRelay();
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('throttled'));

    expect(await relay.webhook('')).toEqual({ kind: 'unavailable' });
    expect(relay.eventQueue.take()).toEqual([]);
  });

  it('keeps an order id of any length in a key that fits', async () => {
    const relay = aRelay();

    await relay.webhook('', `orderid=${'x'.repeat(5000)}`);

    const [message] = relay.eventQueue.take();
    expect(message?.orderKey).toBe(orderKeyOf(SOURCE, 'x'.repeat(5000)));
    expect(message?.orderKey.length).toBeLessThan(100);
  });

  it('answers before its function is killed, and has no call running then, when every call takes its longest', async () => {
    const relay = aRelay();
    const { clock, config } = relay;
    const startedMs = clock.monotonicMs();
    const slow = async () => {
      await clock.sleep(CALL_TAKES_AT_MOST_MS);
      lastEndedMs = clock.monotonicMs() - startedMs;
    };
    let lastEndedMs = 0;
    const sourceByToken = config.sourceByToken.bind(config);
    vi.spyOn(config, 'sourceByToken').mockImplementationOnce(async (token) => {
      await slow();
      return sourceByToken(token);
    });
    vi.spyOn(relay.eventLog, 'newestEventId').mockImplementation(async () => {
      await slow();
      throw new StoreError('timeout');
    });
    vi.spyOn(relay.eventLog, 'putPayload').mockImplementation(slow);
    vi.spyOn(relay.eventLog, 'putEvent').mockImplementation(slow);
    vi.spyOn(relay.eventQueue, 'send').mockReturnValue(new Promise(() => {}));
    let answeredMs: number | undefined;

    const answer = relay.webhook().then((given) => {
      answeredMs = clock.monotonicMs() - startedMs;
      return given;
    });
    for (let tick = 0; tick < 300; tick++) {
      await everythingIsWaiting();
      clock.advance(100);
    }

    expect(await answer).toEqual({ kind: 'unavailable' });
    expect(answeredMs).toBeLessThan(15_000);
    expect(lastEndedMs).toBeLessThan(15_000);
  });
});

describe('ingest into a table with transactions', () => {
  it('stores event and payload in one, under an id after the newest of the order', async () => {
    const { relay, stored } = aTransactionalRelay();
    const first = await relay.accepted({ Id: '1' });
    const second = await relay.accepted({ Id: '1' });

    expect(stored).toEqual([first, second]);
    expect(second > first).toBe(true);
    expect(await relay.eventLog.payload({ orderKey: ORDER, eventId: second })).toBeDefined();
    expect(relay.eventQueue.take().map(({ eventId }) => eventId)).toEqual([first, second]);
  });

  it('answers that a payload is too large, and enqueues nothing', async () => {
    const { relay } = aTransactionalRelay(new PayloadTooLargeError('too large'));

    expect(await relay.webhook({ Id: '1' })).toEqual({ kind: 'too large' });
    expect(relay.eventQueue.take()).toEqual([]);
  });

  it('enqueues the event with its payload when the transaction fails', async () => {
    const { relay } = aTransactionalRelay(new StoreError('the disk is full'));

    const eventId = await relay.accepted({ Id: '1' });

    expect(relay.eventQueue.take()).toMatchObject([{ eventId, fullEvent: { event: { eventId } } }]);
  });

  it('refuses the event with the reason of the table when the queue is in memory', async () => {
    const failure = new StoreError('the disk is full');
    const { relay } = aTransactionalRelay(failure);
    Object.assign(relay.eventQueue, { isInMemory: true });

    expect(await relay.webhook({ Id: '1' })).toEqual({ kind: 'unavailable' });

    expect(relay.eventQueue.take()).toEqual([]);
    expect(relay.telemetry.log).toMatchObject([{ message: 'webhook refused', error: failure }]);
  });
});

function aTransactionalRelay(failure?: Error) {
  const relay = aRelay();
  const stored: string[] = [];
  relay.eventLog.putEventWithPayload = async (event, payload, dueAt) => {
    if (failure !== undefined) throw failure;
    await relay.eventLog.putPayload(event, payload);
    await relay.eventLog.putEvent(event, dueAt);
    stored.push(event.eventId);
  };
  return { relay, stored };
}
