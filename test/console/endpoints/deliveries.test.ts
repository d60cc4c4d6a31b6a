import { describe, expect, it } from 'vitest';
import { aRelay, REFUSED } from '../../relay/a-relay.ts';
import { noBrowser } from '../a-browser.ts';
import { aConsole, type MemoryRelay } from '../a-console.ts';
import { useVisits } from '../a-visit.ts';
import { anOrder, busyRelay } from '../busy-relay.ts';

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
const visits = useVisits();

/** The endpoint refuses these orders, each an hour after the one before. */
async function withRefused(...orders: readonly string[]): Promise<MemoryRelay> {
  const relay = aRelay();
  relay.endpoint('erp', { maxAttempts: 1 });
  relay.sender.answers.set('erp', REFUSED);
  for (const order of orders) {
    await anOrder(relay, order, 'New');
    await relay.work();
    relay.clock.advance(60 * 60_000);
  }
  relay.sender.answers.delete('erp');
  return relay;
}

async function pageOf(relay: MemoryRelay, path: string, options = {}): Promise<string> {
  const { request, signIn } = aConsole(relay, options);
  return (await request(path, { headers: { cookie: await signIn() } })).text();
}

describe('the delivery history of an endpoint', () => {
  it('is filtered by state and time', async () => {
    const relay = await withRefused('7-1', '7-2', '7-3');
    await anOrder(relay, '7-4', 'New');
    await relay.work();

    const dead = await pageOf(relay, '/endpoints/erp/deliveries?state=dead');
    const recent = await pageOf(relay, '/endpoints/erp/deliveries?period=1h');
    const since = relay.clock.now().toISOString();
    const none = await pageOf(relay, `/endpoints/erp/deliveries?from=${since}&state=skipped`);

    expect(dead.match(/Magic7-\d/g)).toEqual(['Magic7-3', 'Magic7-2', 'Magic7-1']);
    expect(recent.match(/Magic7-\d/g)).toEqual(['Magic7-4']);
    expect(none).toContain('No skipped delivery in this time');
  });

  it('has pages', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    for (let order = 0; order < 60; order++) await anOrder(relay, `7-${order}`, 'New');
    await relay.work();

    const first = await pageOf(relay, '/endpoints/erp/deliveries?state=delivered');
    const [, next = ''] = /href="([^"]+)" rel="next"/.exec(first) ?? [];
    const second = await pageOf(relay, next.replaceAll('&amp;', '&'));

    expect(next).toContain('state=delivered');
    expect(first.match(/Magic7-/g)).toHaveLength(50);
    expect(second.match(/Magic7-/g)).toHaveLength(10);
    expect(second).toContain('No more entries');
  });

  it('says what to do when it is empty', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    expect(await pageOf(relay, '/endpoints/erp/deliveries')).toContain('No delivery yet');
    expect(await pageOf(relay, '/endpoints/erp/missed')).toContain('No order missed');
  });
});

describe('the orders that an endpoint missed', () => {
  it('cannot be sent in read-only mode, nor to an endpoint that is disabled', async () => {
    const relay = await withRefused('7-1');

    const readOnly = await pageOf(relay, '/endpoints/erp/missed', { isReadOnly: true });
    relay.configTable.put('endpoint', 'erp', { url: 'https://erp/hook', state: 'disabled' });
    const disabled = await pageOf(relay, '/endpoints/erp/missed');

    expect(readOnly).toContain('Magic7-1');
    expect(readOnly).not.toContain('method="post"');
    expect(disabled).toContain('Enable it first');
    expect(disabled).not.toContain('Send again');
  });
});

describe.skipIf(noBrowser !== undefined)(`the deliveries of an endpoint ${title}`, () => {
  it('are filtered with a form, also since an exact time in the browser’s zone', async () => {
    const { page, signIn } = visits();
    const relay = await withRefused('7-1', '7-2', '7-3');
    const visit = await signIn(relay);
    await visit('/endpoints/erp/deliveries');
    const inMinutes = (at: Date) =>
      page.evaluate(`(() => { const at = new Date(${at.getTime()});
        return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19); })()`);
    const since = String(await inMinutes(new Date(relay.clock.now().getTime() - 90 * 60_000)));

    await page.getByLabel('or since').fill(since);
    await page.getByLabel('State').selectOption('dead');
    await page.getByRole('button', { name: 'Show' }).press('Enter');
    await page.waitForURL(/state=dead/);

    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(await page.getByLabel('or since').inputValue()).toBe(since.slice(0, 16));
    await page.getByRole('link', { name: 'Magic7-3' }).click();
    await page.getByRole('heading', { name: /^Update of/ }).waitFor();
  });

  it('that were missed are sent again, one or all, and the run is shown', async () => {
    const { page, signIn } = visits();
    const relay = await withRefused('7-1', '7-2', '7-3');
    const before = relay.sender.to('erp').length;
    const visit = await signIn(relay);
    await visit('/endpoints/erp/missed');
    expect(await page.locator('tbody tr').count()).toBe(3);

    await page
      .getByRole('row', { name: /Magic7-2/ })
      .getByRole('button', { name: 'Send again' })
      .click();
    await page.getByText('The update is sent again.').waitFor();
    await relay.work();
    expect(relay.sender.to('erp')).toHaveLength(before + 1);

    await page.getByRole('button', { name: 'Send all again…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send all again' }).click();
    await page.getByText('2 updates sent again.').waitFor();
    await relay.run(2);
    expect(relay.sender.to('erp')).toHaveLength(before + 3);
    await page.getByRole('link', { name: 'Show what is left' }).click();
    await page.getByText('No order missed').waitFor();
  });

  it('run nothing hostile, and are accessible', async () => {
    const { page, signIn, faults } = visits();
    const visit = await signIn(await busyRelay());

    for (const path of ['/endpoints/shop/deliveries', '/endpoints/shop/missed']) {
      await visit(path);
      await page.locator('tbody tr').first().waitFor();
      expect(await page.evaluate('window.hacked'), path).toBeUndefined();
      expect(await page.locator('main img, main script, main b').count(), path).toBe(0);
      expect(await faults(), path).toEqual([]);
    }
  });
});
