/** A relay in memory with real traffic: endpoints in every state, and texts that try to script a page. */
import { aRelay } from '../relay/a-relay.ts';
import type { MemoryRelay } from './a-console.ts';

/** Runs when a page takes it for HTML. */
export const SCRIPT = `"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202e'`;
const HOSTILE_ID = '<b onmouseover=alert(1)>"x';

/** @param endpoints more endpoints beside the usual ones */
export async function busyRelay({ endpoints = 0 } = {}): Promise<MemoryRelay> {
  const relay = aRelay();
  const { sender } = relay;
  relay.endpoint('erp', { description: 'The warehouse’s orders' });
  relay.endpoint('shop');
  relay.endpoint('crm', { state: 'paused' });
  relay.endpoint(HOSTILE_ID, { url: 'https://hostile/hook' });
  relay.newEndpoint('bare', { url: 'not a url' });
  for (let index = 0; index < endpoints; index++) relay.endpoint(`endpoint-with-a-rather-long-name-${index}`);
  sender.answers.set('hostile', { kind: 'answer', status: 503, text: SCRIPT });
  sender.answers.set('shop', { kind: 'answer', status: 400, text: SCRIPT });
  for (let order = 501; order < 513; order++) {
    await anOrder(relay, `7-${order}`, 'New');
    await relay.work();
    await anOrder(relay, `7-${order}`, order % 2 === 0 ? 'Shipped' : 'InProduction');
    await relay.work();
    relay.clock.advance(20 * 60_000);
  }
  await relay.webhook({ Id: SCRIPT, NiceId: SCRIPT, Items: [{ Sku: SCRIPT, Status: SCRIPT }] });
  await relay.work();
  return relay;
}

/** An update of an order, as the Hub sends it. */
export async function anOrder(relay: MemoryRelay, id: string, status: string): Promise<void> {
  const items = ['Mug', 'Shirt'].map((sku) => ({ Sku: sku, Status: status }));
  const answer = await relay.webhook({ Id: id, NiceId: `Magic${id}`, Items: items });
  if (answer.kind !== 'accepted') throw new Error(`the relay did not accept ${id}`);
}
