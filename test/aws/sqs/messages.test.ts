import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryMessageBody, eventMessageBody } from '../../../lib/aws/sqs/messages.ts';
import { parseDeliveryMessage, parseEventMessage } from '../../../lib/aws/sqs/parse-messages.ts';
import { orderKeyOf, sha256Hex, UNVERIFIED } from '../../../lib/relay/model/ids.ts';
import { anyChar } from '../../any-char.ts';
import { anEndpointId, anEvent, anEventId, aPayload, aSource } from '../../ports/builders.ts';

const received = (body: string, times = 1) => ({
  body,
  attributes: { ApproximateReceiveCount: String(times) },
});

describe('message bodies', () => {
  it('say in JSON what they wake', async () => {
    const { orderKey, eventId } = anEvent({ orderKey: orderKeyOf(aSource, '12345') });

    expect(await eventMessageBody({ orderKey, eventId })).toBe(
      `{"orderKey":"main/12345","eventId":"${eventId}"}`,
    );
    expect(deliveryMessageBody({ orderKey, eventId, endpointId: anEndpointId('erp') })).toBe(
      `{"orderKey":"main/12345","eventId":"${eventId}","endpointId":"erp"}`,
    );
  });

  it('are ASCII for any order id, and give it back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: anyChar, minLength: 1 }), async (orderId) => {
        const message = { orderKey: orderKeyOf(aSource, orderId), eventId: anEventId() };
        const body = await eventMessageBody(message);
        expect(body).toMatch(/^[\x20-\x7e]*$/);
        expect(parseEventMessage(received(body))).toEqual({ kind: 'message', message });
      }),
      { numRuns: 200 },
    );
  });

  it('carry a whole event, also one whose source is not known yet', async () => {
    const orderKey = orderKeyOf(UNVERIFIED, '12345');
    const event = anEvent({ orderKey, source: UNVERIFIED, orderId: '12345' });
    const payload = { ...aPayload('{"Id":"12345"}', 'application/json'), contentEncoding: 'identity' };
    const fullEvent = { event, payload };
    const message = { orderKey, eventId: event.eventId, fullEvent, tokenSha256: sha256Hex('a token') };

    const parsed = parseEventMessage(received(await eventMessageBody(message)));

    expect(parsed).toEqual({ kind: 'message', message });
  });

  it('tell of a message that was received before, whose first run may have died', async () => {
    const { orderKey, eventId } = anEvent();
    const body = await eventMessageBody({ orderKey, eventId });

    expect(parseEventMessage(received(body, 2))).toEqual({
      kind: 'message',
      message: { orderKey, eventId, receivedBefore: true },
    });
  });
});

describe('a body that is not ours', () => {
  const eventId = anEventId();
  const orderKey = 'main/12345';

  it.each([
    ['not JSON', 'hello', 'body is not JSON'],
    ['not an object', '17', /object/],
    ['without order', JSON.stringify({ eventId }), /^orderKey: /],
    ['with an order of no source', JSON.stringify({ orderKey: '12345', eventId }), /^orderKey: must be/],
    [
      'with an order id too long',
      JSON.stringify({ orderKey: `main/${'x'.repeat(3_000)}`, eventId }),
      /too long/,
    ],
    [
      'with another kind of event id',
      JSON.stringify({ orderKey, eventId: 'evt_1' }),
      'eventId: must be an event id',
    ],
    [
      'with an event that is not compressed',
      JSON.stringify({ orderKey, eventId, fullEvent: { event: {}, payload: { bodyGzip: 'aGVsbG8=' } } }),
      'fullEvent.payload.bodyGzip: must be in gzip format',
    ],
  ])('is refused, with the reason: %s', (_, body, reason) => {
    const parsed = parseEventMessage(received(body));

    expect(parsed).toEqual({ kind: 'foreign', reason: expect.stringMatching(reason) });
  });

  it('is refused by deliver when it names no endpoint', () => {
    const body = JSON.stringify({ orderKey, eventId, endpointId: 'a#b' });

    expect(parseDeliveryMessage({ body })).toMatchObject({ kind: 'foreign', reason: /^endpointId: / });
  });
});
