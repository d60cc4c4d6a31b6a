import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addEndpoint, changeEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { newSigningSecret, rotateSecret } from '../../lib/operator/endpoints/signing.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { type Arrival, type Receiver, startReceiver } from './a-receiver.ts';
import { useRelayOn } from './a-relay-on.ts';
import { ENGINES } from './engines.ts';
import { anOrder, sendAccepted, type Webhook } from './the-hub.ts';
import { waitFor } from './wait-for.ts';

const [SECRET, OTHER_SECRET, NEW_SECRET] = [newSigningSecret(), newSigningSecret(), newSigningSecret()];
const HOUR_MS = 3_600_000;

type Verify = (secret: string, headers: IncomingHttpHeaders, body: Uint8Array) => void;
const sampleSchema = z.object({ verify: z.custom<Verify>((value) => typeof value === 'function') });
const sampleUrl = new URL('../../docs/samples/verify.mjs', import.meta.url);
const { verify } = sampleSchema.parse(await import(sampleUrl.href));

// Side by side: most of the time, they wait until the relay tries again or reads its config again.
describe.concurrent.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  let receiver: Receiver;
  let address: string;
  /** Of a source whose only endpoint fails at first. */
  let otherAddress: string;
  beforeAll(async () => {
    receiver = await startReceiver({
      '/stumbles': (response, attempt) => response.writeHead(attempt === 1 ? 500 : 200).end(),
    });
    const { connection } = relay();
    const signed = { signingSecret: SECRET };
    const add = (id: string, source: string, attributes = {}) =>
      addEndpoint(connection, id, { url: `${receiver.url}/${id}`, sources: [source], ...attributes });
    // `none` also receives bodies that are no orders.
    await add('signed', 'hub', { ...signed, ordering: 'none' });
    await add('rotated', 'hub', signed);
    await add('unsigned', 'hub');
    await add('stumbles', 'other', signed);
    ({ address } = await addSource(connection, 'hub'));
    ({ address: otherAddress } = await addSource(connection, 'other'));
    return () => receiver.stop();
  });

  /** Sends a webhook, and waits until a path has got it so many times. */
  async function arrivedAt(path: string, webhook: Webhook, count = 1): Promise<[Arrival, ...Arrival[]]> {
    const eventId = await sendAccepted(path === '/stumbles' ? otherAddress : address, webhook);
    const arrived = () => receiver.arrivals.filter((one) => one.path === path && one.eventId === eventId);
    await waitFor(() => expect(arrived().length).toBe(count));
    const [first, ...others] = arrived();
    if (first === undefined) throw new Error('nothing came');
    return [first, ...others];
  }

  /** The results of the published libraries and the sample: accepted, or the reason for a refusal. */
  function verdictsOn({ headers, body }: Arrival, secret: string): unknown[] {
    const text = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const judges = [
      () => new StandardWebhook(secret).verify(body, text),
      () => new SvixWebhook(secret).verify(body, text),
      () => verify(secret, headers, body),
    ];
    return judges.map((judge) => {
      try {
        judge();
        return 'taken';
      } catch (error) {
        return error instanceof Error ? error.message : error;
      }
    });
  }

  const TAKEN = ['taken', 'taken', 'taken'];
  const NOT_TAKEN = [
    'No matching signature found',
    'No matching signature found',
    'the webhook is not signed with this secret',
  ];

  const signaturesOf = ({ headers }: Arrival) => String(headers['webhook-signature'] ?? '').split(' ');

  describe('a signed delivery', () => {
    it.each<[string, Webhook]>([
      ['an order', { body: anOrder('7-1') }],
      [
        'text beyond ASCII',
        { body: Buffer.from('{"Id":"7-2","City":"Zürich 🧵"}'), contentType: 'application/json' },
      ],
      ['a long order', { body: Buffer.from(JSON.stringify({ Id: '7-3', Padding: 'x'.repeat(500_000) })) }],
    ])(
      'of %s is taken by the published libraries, and by those who know the secret alone',
      async (_, webhook) => {
        const [arrival] = await arrivedAt('/signed', webhook);

        expect(verdictsOn(arrival, SECRET)).toEqual(TAKEN);
        expect(verdictsOn(arrival, OTHER_SECRET)).toEqual(NOT_TAKEN);
        expect(signaturesOf(arrival)).toHaveLength(1);
      },
    );

    it('of bytes that are no text is signed over these very bytes', async () => {
      const [{ headers, body }] = await arrivedAt('/signed', {
        orderId: '7-4',
        contentType: 'application/octet-stream',
        body: randomBytes(10_000),
      });

      expect(() => verify(SECRET, headers, body)).not.toThrow();
    });

    it('is signed anew when it is tried again, under the same id', async () => {
      const [first, second] = await arrivedAt('/stumbles', { body: anOrder('7-5') }, 2);
      if (second === undefined) throw new Error('it came once');

      expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
      expect(Number(second.headers['webhook-timestamp'])).toBeGreaterThan(
        Number(first.headers['webhook-timestamp']),
      );
      expect(signaturesOf(second)).not.toEqual(signaturesOf(first));
      for (const arrival of [first, second]) expect(verdictsOn(arrival, SECRET)).toEqual(TAKEN);
    });

    it('is not made of one whose row has no secret', async () => {
      const [{ headers }] = await arrivedAt('/unsigned', { body: anOrder('7-6') });

      expect(headers).not.toHaveProperty('webhook-signature');
    });
  });

  describe('a secret that is replaced', () => {
    /** Sends webhooks until one is signed with these secrets alone: each environment keeps a row for up to ten seconds. */
    async function arrivalSignedWith(...secrets: readonly string[]): Promise<Arrival> {
      return waitFor(async () => {
        const [arrival] = await arrivedAt('/rotated', { body: anOrder('7-7') });
        expect(signaturesOf(arrival).length).toBe(secrets.length);
        for (const secret of secrets) expect(verdictsOn(arrival, secret)).toEqual(TAKEN);
        return arrival;
      }, 500);
    }

    it('is good beside the new one until its time is over, and the new one alone afterwards', async () => {
      const { connection } = relay();

      await rotateSecret(connection, 'rotated', NEW_SECRET, HOUR_MS);
      const both = await arrivalSignedWith(SECRET, NEW_SECRET);
      expect(verdictsOn(both, OTHER_SECRET)).toEqual(NOT_TAKEN);

      await changeEndpoint(connection, 'rotated', {
        previousSigningSecrets: [{ secret: SECRET, until: new Date(Date.now() - 1).toISOString() }],
      });
      const one = await arrivalSignedWith(NEW_SECRET);
      expect(verdictsOn(one, SECRET)).toEqual(NOT_TAKEN);
    });
  });
});
