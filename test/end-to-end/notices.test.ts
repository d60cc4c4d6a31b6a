import { Webhook } from 'standardwebhooks';
import { beforeAll, describe, expect, it } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { presetAttributes } from '../../lib/operator/endpoints/presets.ts';
import { newSigningSecret } from '../../lib/operator/endpoints/signing.ts';
import { listEvents } from '../../lib/operator/events/events.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { type Receiver, startReceiver } from './a-receiver.ts';
import { useRelayOn } from './a-relay-on.ts';
import { ENGINES } from './engines.ts';
import { anOrder, sendAccepted } from './the-hub.ts';

const SECRET = newSigningSecret();

describe.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  let receiver: Receiver;
  let address: string;
  beforeAll(async () => {
    receiver = await startReceiver({ '/gone': (response) => response.writeHead(410).end() });
    const { connection } = relay();
    const add = (id: string, attributes: object) =>
      addEndpoint(connection, id, { url: `${receiver.url}/${id}`, ...attributes });
    await add('gone', {});
    const onlyNotices = { sources: [], notices: true };
    await add('chat', { ...onlyNotices, ...(await presetAttributes('slack')), signingSecret: SECRET });
    await add('program', onlyNotices);
    ({ address } = await addSource(connection, 'hub'));
    return () => receiver.stop();
  });

  const arrivalsAt = (path: string) => receiver.arrivals.filter((arrival) => arrival.path === path);

  describe('an endpoint that is given up', () => {
    it('is told of where notices are asked for, as a chat message and as JSON, signed like any event', async () => {
      await sendAccepted(address, { orderId: '7-1', body: anOrder('7-1', 'New') });
      await expect.poll(() => arrivalsAt('/gone').length).toBe(1);

      await expect
        .poll(
          async () => {
            await relay().runSchedules();
            return arrivalsAt('/chat').length > 0 && arrivalsAt('/program').length > 0;
          },
          { interval: 1_000 },
        )
        .toBe(true);

      const message =
        'gone is disabled: it answered 410: gone for good. The relay sends it nothing until it is enabled';
      const [chat] = arrivalsAt('/chat');
      const text = Object.fromEntries(
        Object.entries(chat?.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      expect(new Webhook(SECRET).verify(chat?.body ?? '', text)).toMatchObject({
        text: expect.stringContaining(message),
      });
      expect(JSON.parse(String(arrivalsAt('/program')[0]?.body))).toMatchObject({
        type: 'endpoint.disabled',
        data: { endpoint: 'gone', message: expect.stringContaining(message) },
      });
    });

    it('is not told of twice, and no order goes where notices alone are asked for', async () => {
      await relay().runSchedules();

      expect((await listEvents(relay().connection, { limit: 10, source: 'notices' })).items).toHaveLength(1);
      expect(arrivalsAt('/chat')).toHaveLength(1);
      expect(arrivalsAt('/program')).toHaveLength(1);
    });
  });
});
