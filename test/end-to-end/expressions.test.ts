import { beforeAll, describe, expect, it, vi } from 'vitest';
import { addEndpoint, type GivenAttributes } from '../../lib/operator/endpoints/endpoints.ts';
import { presetAttributes } from '../../lib/operator/endpoints/presets.ts';
import { showOrder } from '../../lib/operator/orders/orders.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { outcomeTexts } from '../relay/outcome-texts.ts';
import { type Receiver, startReceiver } from './a-receiver.ts';
import { useRelayOn } from './a-relay-on.ts';
import { ENGINES } from './engines.ts';
import { sendAccepted } from './the-hub.ts';

const ORDER = 'Magic7-501';
const EMAIL = 'zoe@example.com';

const ENDPOINTS: Readonly<Record<string, GivenAttributes>> = {
  plain: {},
  shipped: { filter: '"Shipped" in changes.statusTo', ordering: 'none' },
  mapped: { transform: '{"id": order.NiceId, "statuses": order.Items.Status}', ordering: 'none' },
  text: { transform: '"<status>" & order.Items.Status & "</status>"', contentType: 'application/xml' },
  'endless-filter': { filter: '($f := function($n) { $f($n + 1) }; $f(0))' },
  'endless-pattern': { filter: '$contains($pad("", 60, "a") & "!", /^(a+)+$/)' },
  'endless-memory': { transform: '$length($pad("x", 500000000))', maxAttempts: 1 },
  nothing: { transform: 'order.Missing', maxAttempts: 1 },
};

describe.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  let receiver: Receiver;
  const eventIds: string[] = [];
  beforeAll(async () => {
    const { connection } = relay();
    receiver = await startReceiver();
    const all = { ...ENDPOINTS, chat: await presetAttributes('slack') };
    for (const [id, attributes] of Object.entries(all))
      await addEndpoint(connection, id, { url: `${receiver.url}/${id}`, ...attributes });
    const { address } = await addSource(connection, 'main');
    for (const Status of ['New', 'Shipped']) {
      const order = { Id: '1', NiceId: ORDER, Email: EMAIL, Items: [{ Sku: 'Mug', Status }] };
      const webhook = {
        orderId: '1',
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(order)),
      };
      const eventId = await sendAccepted(address, webhook);
      eventIds.push(eventId);
      await isSettled(eventId);
    }
    return () => receiver.stop();
  }, 240_000);

  /** Waits until nothing of an event is under way any more. */
  async function isSettled(eventId: string): Promise<void> {
    await vi.waitFor(
      async () => {
        const outcomes = await outcomesOf(eventId);
        expect(Object.keys(outcomes)).toHaveLength(Object.keys(ENDPOINTS).length + 1);
        for (const outcome of Object.values(outcomes)) expect(outcome).not.toMatch(/^pending/);
      },
      { timeout: 120_000, interval: 200 },
    );
  }

  async function outcomesOf(eventId: string | undefined): Promise<Record<string, string>> {
    const { events } = await showOrder(relay().connection, { id: ORDER });
    return outcomeTexts(events.find((event) => event.eventId === eventId) ?? {});
  }

  const bodiesTo = (id: string) =>
    receiver.arrivals.filter(({ path }) => path === `/${id}`).map(({ body }) => body.toString());

  describe('the relay with filters and transforms', () => {
    it('sends an endpoint what its filter lets pass, and says of the rest that it was skipped', async () => {
      const [first, second] = eventIds;

      expect(receiver.arrivals.filter(({ path }) => path === '/shipped').map((one) => one.eventId)).toEqual([
        second,
      ]);
      expect(await outcomesOf(first)).toMatchObject({ shipped: 'skipped: refused by the filter' });
    });

    it('sends what the transform makes of the order, with the type that follows from it', () => {
      expect(bodiesTo('mapped')).toEqual([
        '{"id":"Magic7-501","statuses":"New"}',
        '{"id":"Magic7-501","statuses":"Shipped"}',
      ]);
      const [mapped] = receiver.arrivals.filter(({ path }) => path === '/mapped');
      expect(mapped?.headers['content-type']).toBe('application/json');
    });

    it('sends it as what the row says', () => {
      const [text] = receiver.arrivals.filter(({ path }) => path === '/text');

      expect(text?.body.toString()).toBe('<status>New</status>');
      expect(text?.headers['content-type']).toBe('application/xml');
    });

    it('sends a preset’s message', () => {
      const [first = '', second = ''] = bodiesTo('chat');

      expect(bodiesTo('chat')).toHaveLength(2);
      expect(JSON.parse(first)).toMatchObject({ text: 'Order Magic7-501' });
      expect(first).toContain('• Mug: New');
      expect(second).toContain('• Mug: New → Shipped');
    });

    it.each(['endless-filter', 'endless-pattern'])('passes on what a filter runs away on: %s', (id) => {
      expect(bodiesTo(id)).toHaveLength(2);
    });

    it.each(['endless-memory', 'nothing'])('sends nothing when there is nothing to send: %s', async (id) => {
      expect(bodiesTo(id)).toEqual([]);
      expect((await outcomesOf(eventIds[0]))[id]).toMatch(/^dead: transform: it /);
    });

    it('sends everybody else what came, as it came', () => {
      expect(bodiesTo('plain').map((body) => JSON.parse(body))).toMatchObject([
        { Email: EMAIL },
        { Email: EMAIL },
      ]);
      for (const id of ['mapped', 'text', 'chat', 'nothing'])
        expect(bodiesTo(id).join()).not.toContain(EMAIL);
    });
  });
});
