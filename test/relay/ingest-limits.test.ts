import { describe, expect, it, vi } from 'vitest';
import { ingest } from '../../lib/relay/ingest.ts';
import { PayloadTooLargeError, StoreError } from '../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting, ORDER, TOKEN } from './a-relay.ts';

const never = () => new Promise<never>(() => {});

/** The answer to a webhook, and whether it was there before and after the last millisecond of each wait. */
async function answeredAfter(relay: ReturnType<typeof aRelay>, waitsMs: readonly number[]) {
  let kind: string | undefined;
  void relay.webhook().then((answer) => {
    kind = answer.kind;
  });
  const kinds: (string | undefined)[] = [];
  for (const waitMs of waitsMs) {
    for (const partMs of [waitMs - 1, 1]) {
      await everythingIsWaiting();
      relay.clock.advance(partMs);
      await everythingIsWaiting();
      kinds.push(kind);
    }
  }
  return kinds;
}

describe('a webhook whose order cannot be read', () => {
  it('is accepted after two reads of one second each', async () => {
    const relay = aRelay();
    const read = vi.spyOn(relay.eventLog, 'newestEventId').mockImplementation(never);

    expect(await answeredAfter(relay, [1_000, 1_000])).toEqual([undefined, undefined, undefined, 'accepted']);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('is read a second time when the first read fails, and gets the greater id', async () => {
    const relay = aRelay();
    const first = await relay.accepted();
    const read = vi.spyOn(relay.eventLog, 'newestEventId').mockRejectedValueOnce(new StoreError('throttled'));
    relay.clock.advance(-60_000);

    expect((await relay.accepted()) > first).toBe(true);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('is not read without an order id', async () => {
    const relay = aRelay();
    const read = vi.spyOn(relay.eventLog, 'newestEventId');

    await relay.accepted({});

    expect(read).not.toHaveBeenCalled();
  });
});

describe('a webhook that cannot be stored or enqueued in time', () => {
  it('is accepted a second after it was stored when the queue does not answer', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventQueue, 'send').mockImplementation(never);

    expect(await answeredAfter(relay, [1_000])).toEqual([undefined, 'accepted']);
    expect(relay.telemetry.counts.get('EventsAcceptedByQueue')).toBeUndefined();
    expect(relay.telemetry.counts.get('EventsAccepted')).toBe(1);
  });

  it.each(['putPayload', 'putEvent'] as const)(
    'is refused after five seconds of %s and four of the queue',
    async (method) => {
      const relay = aRelay();
      vi.spyOn(relay.eventLog, method).mockImplementation(never);
      vi.spyOn(relay.eventQueue, 'send').mockImplementation(never);

      expect(await answeredAfter(relay, [5_000, 4_000])).toEqual([
        undefined,
        undefined,
        undefined,
        'unavailable',
      ]);
      expect(relay.telemetry.counts.get('EventsRefused')).toBe(1);
      expect(relay.telemetry.counts.get('EventsAccepted')).toBeUndefined();
    },
  );

  it('is too large for the table also when only its second payload is', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.eventQueue.take();
    relay.clock.advance(-60_000);
    vi.spyOn(relay.eventLog, 'putPayload')
      .mockResolvedValueOnce()
      .mockRejectedValueOnce(new PayloadTooLargeError('too large'));

    expect(await relay.webhook()).toEqual({ kind: 'too large' });
    expect(relay.eventQueue.take()).toEqual([]);
  });
});

describe('the payload of a webhook', () => {
  const body = Buffer.from('{"Id":"1"}');
  const stored = async (content: object) => {
    const relay = aRelay();
    const answer = await ingest(relay.relay, { token: TOKEN, rawQuery: '', body, ...content });
    if (answer.kind !== 'accepted') throw new Error(answer.kind);
    return relay.eventLog.payload({ orderKey: ORDER, eventId: answer.eventId });
  };

  it('has the content headers that came, and no others', async () => {
    expect(await stored({})).toStrictEqual({ body });
    expect(await stored({ contentType: 'text/plain', contentEncoding: 'x' })).toStrictEqual({
      contentType: 'text/plain',
      contentEncoding: 'x',
      body,
    });
  });

  it('may be empty beside an order id, and may be of no order', async () => {
    const relay = aRelay();

    expect(await relay.webhook('', 'orderid=1')).toMatchObject({ kind: 'accepted' });
    expect(await relay.webhook(' ')).toMatchObject({ kind: 'accepted' });
  });
});

describe('a webhook of an unverified source', () => {
  it('is enqueued with its payload and the hash of its token; a request without an order is not', async () => {
    const relay = aRelay();
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('throttled'));
    const request = { token: TOKEN, rawQuery: 'orderid=1', body: Buffer.from('{}') };

    expect(await ingest(relay.relay, { ...request, method: 'GET' })).toEqual({ kind: 'unavailable' });
    const answer = await ingest(relay.relay, { ...request, contentType: 'a/b' });

    const messages = relay.eventQueue.take();
    expect(messages).toMatchObject([{ fullEvent: { payload: { contentType: 'a/b', body: request.body } } }]);
    expect(answer).toEqual({ kind: 'accepted', eventId: messages[0]?.eventId });
    expect(relay.telemetry.counts.get('EventsAccepted')).toBe(1);
    expect(relay.telemetry.counts.get('EventsRefused')).toBeUndefined();
  });
});
