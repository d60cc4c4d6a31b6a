import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSigningSecret } from '../../lib/operator/endpoints/signing.ts';
import { forwardEvents } from '../../lib/operator/events/forward.ts';
import type { EventRecord, Payload } from '../../lib/relay/model/event.ts';
import type { OutgoingRequest, SendResult } from '../../lib/relay/ports/outgoing.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { anEvent, anEventId, aPayload } from '../ports/builders.ts';

const OK: SendResult = { kind: 'answer', status: 200, text: 'thanks' };

/** Forwards what is in the log, until the sender has been asked so often, or after one poll. */
async function forwarded(
  events: readonly (Partial<EventRecord> & { readonly payload?: Payload | undefined })[],
  { url = 'http://localhost:3000/hook', result = OK } = {},
) {
  const stop = new AbortController();
  const clock = new (class extends MemoryClock {
    override async sleep() {
      stop.abort();
    }
  })(new Date());
  const eventLog = new MemoryEventLog(clock);
  const since = clock.now();
  for (const { payload, ...parts } of events) {
    const event = anEvent({ eventId: anEventId(clock), receivedAt: clock.now(), ...parts });
    if (payload !== undefined) await eventLog.putPayload(event, payload);
    await eventLog.putEvent(event, clock.now());
    clock.advance(1);
  }
  const connection = { clock, eventLog, eventReader: new MemoryEventReader(eventLog) };
  const requests: OutgoingRequest[] = [];
  const sender = {
    async post(request: OutgoingRequest) {
      requests.push(request);
      return result;
    },
  };
  const signingSecret = newSigningSecret();
  const options = { since, signal: stop.signal };
  const results = await Array.fromAsync(forwardEvents(connection, sender, { url, signingSecret }, options));
  return { requests, results, signingSecret };
}

describe('events that are forwarded to a program', () => {
  it('arrive oldest first with the exact bytes, the content type, the order id and a valid signature', async () => {
    const payload = aPayload('{"Id": "7-501" }', 'application/json; charset=utf-8');
    const { requests, results, signingSecret } = await forwarded([
      { orderId: '7-501', payload },
      { orderId: '8', payload },
    ]);

    expect(requests.map(({ url }) => url)).toEqual([
      'http://localhost:3000/hook?orderid=7-501',
      'http://localhost:3000/hook?orderid=8',
    ]);
    const [request] = requests;
    expect(request?.body).toEqual(payload.body);
    expect(request?.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(() =>
      new Webhook(signingSecret).verify(Buffer.from(payload.body), { ...request?.headers }),
    ).not.toThrow();
    expect(results).toMatchObject([{ result: OK }, { result: OK, event: { orderId: '8' } }]);
  });

  it('have the order id where the URL wants it', async () => {
    const payload = aPayload();
    const url = 'http://localhost:3000/orders/{orderid}';

    expect((await forwarded([{ orderId: '7', payload }], { url })).requests).toMatchObject([
      { url: 'http://localhost:3000/orders/7' },
    ]);
  });

  it('are not sent without a payload, and the others are', async () => {
    const { requests, results } = await forwarded([{}, { payload: aPayload() }]);

    expect(requests).toHaveLength(1);
    expect(results[0]?.result).toEqual({
      kind: 'unsent',
      reason: 'payload is gone: it expired or was erased',
    });
  });

  it('go on after a failure', async () => {
    const result = { kind: 'failure', error: 'connection refused' } as const;
    const { results } = await forwarded([{ payload: aPayload() }, { payload: aPayload() }], { result });

    expect(results).toMatchObject([{ result }, { result }]);
  });

  it('need a URL that an endpoint may have', async () => {
    await expect(forwarded([], { url: 'ftp://localhost/' })).rejects.toThrow(
      'url must be an absolute http or https URL',
    );
  });
});
