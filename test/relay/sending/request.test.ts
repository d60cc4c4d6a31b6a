import { describe, expect, it } from 'vitest';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import { buildRequest } from '../../../lib/relay/sending/request.ts';
import { signatureOf } from '../../../lib/relay/sending/signature.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { anEvent, aPayload } from '../../ports/builders.ts';

const endpoint = endpointSchema.parse({ id: 'erp', url: 'https://erp.example/hook' });
const event = anEvent({ orderId: '42' });
const payload = aPayload('{"Id":"42"}', 'application/json');
const now = new Date('2026-03-01T12:00:00.999Z');

const built = (signingKeys: Uint8Array[] = []) =>
  buildRequest(endpoint, event, payload, {
    credentials: { headers: { 'x-key': 'k' }, signingKeys },
    now,
    timeoutMs: 7_000,
  });

describe('a request', () => {
  it('has the bytes of the payload, the order id, and headers that name the event and the relay', () => {
    expect(built()).toEqual({
      url: 'https://erp.example/hook?orderid=42',
      headers: {
        'x-key': 'k',
        'content-type': 'application/json',
        'user-agent': `sensaria-relay/${packageJson.version}`,
        'webhook-id': event.eventId,
        'webhook-timestamp': '1772366400',
      },
      body: payload.body,
      timeoutMs: 7_000,
    });
  });

  it('is signed with every key, over the headers that it has', () => {
    const keys = [Buffer.from('one'), Buffer.from('other')];
    const { headers } = built(keys);

    expect(headers['webhook-signature']).toBe(
      signatureOf(keys, { id: event.eventId, timestamp: '1772366400', body: payload.body }),
    );
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });
});
