/** A relay in memory after a day of a shop: most endpoints get their updates, and one is down. */
import type { SendResult } from '../../lib/relay/ports/outgoing.ts';
import { aRelay } from '../relay/a-relay.ts';
import type { MemoryRelay } from './a-console.ts';
import { anOrder } from './busy-relay.ts';

const STATUSES = ['New', 'InProduction', 'Shipped'];
/** Orders in each hour, from 16:00 to 16:00 of the next day in Prague. */
const ORDERS_BY_HOUR = [8, 7, 9, 10, 6, 4, 3, 2, 2, 1, 0, 0, 0, 1, 3, 6, 9, 12, 11, 8, 7, 10, 9, 6];
/** The relay's clock begins at noon UTC. */
const HOURS_UNTIL_FIRST = 3;

export async function aShopsDay(): Promise<MemoryRelay> {
  const relay = aRelay();
  relay.clock.advance(HOURS_UNTIL_FIRST * 60 * 60_000);
  relay.endpoint('erp', { description: 'Orders of the warehouse' });
  relay.endpoint('shop', { description: 'Status page of the web shop' });
  relay.endpoint('slack', { description: 'Messages for the team' });
  relay.endpoint('accounting', { state: 'paused', description: 'Paused for the year’s end' });
  for (const [index, id] of ['erp', 'shop', 'slack'].entries())
    relay.sender.answers.set(id, async () => answered(relay, 200, 60 + index * 45));
  let number = 501;
  for (const [hour, orders] of ORDERS_BY_HOUR.entries()) {
    if (hour === ORDERS_BY_HOUR.length - 1)
      relay.sender.answers.set('shop', async () => answered(relay, 503, 35, 'maintenance until 18:00'));
    for (let order = 0; order < orders; order++) {
      await anOrder(relay, `7-${number}`, STATUSES[number % STATUSES.length] ?? 'New');
      await relay.work();
      relay.clock.advance(Math.floor((50 * 60_000) / orders));
      number += 1;
    }
    await relay.run(10);
    relay.clock.advance(orders === 0 ? 50 * 60_000 : 0);
  }
  return relay;
}

/** An order that went its way while one endpoint refused it for good. Gives the path of its page. */
export async function anOrderWithTroubles(relay: MemoryRelay): Promise<string> {
  relay.endpoint('marketplace', { maxAttempts: 1, description: 'Tracking numbers for buyers' });
  const answers = [
    [422, 'unknown carrier'],
    [422, 'unknown carrier'],
    [503, 'try again later'],
  ] as const;
  for (const [index, status] of STATUSES.entries()) {
    const [code, text] = answers[index] ?? [200, 'ok'];
    relay.sender.answers.set('marketplace', async () => answered(relay, code, 80, text));
    await anOrder(relay, '7-700', status);
    await relay.work();
    relay.clock.advance(9 * 60_000);
  }
  return '/orders/main/7-700';
}

function answered(relay: MemoryRelay, status: number, durationMs: number, text = 'ok'): SendResult {
  relay.clock.advance(durationMs + (relay.sender.requests.length % 40));
  return { kind: 'answer', status, text };
}
