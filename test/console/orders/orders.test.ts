import { describe, expect, it } from 'vitest';
import { forgetOrder } from '../../../lib/operator/orders/forget.ts';
import { aRelay } from '../../relay/a-relay.ts';
import { noBrowser } from '../a-browser.ts';
import { aConsole, connectionTo } from '../a-console.ts';
import { useVisits } from '../a-visit.ts';
import { PHONE } from '../accessibility.ts';
import { anOrder, busyRelay, SCRIPT } from '../busy-relay.ts';

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
const visits = useVisits();

/** An order whose updates `erp` received and `shop` did not. */
async function anOrderOfTwoUpdates() {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.endpoint('shop');
  relay.sender.answers.set('shop', { kind: 'answer', status: 503, text: 'out of order' });
  for (const status of ['New', 'Shipped']) {
    await anOrder(relay, '7-1', status);
    await relay.work();
  }
  return relay;
}

describe('the pages of orders', () => {
  it.each(['.', '..', '~x', 'a/b', 'a b?c#d&e%2F', '<b>"\'', 'é漢'])(
    'lead to an order with any id: %s',
    async (id) => {
      const relay = await anOrderOfTwoUpdates();
      await relay.accepted({ Id: id, Items: [] });
      const { request, signIn } = aConsole(relay);
      const headers = { cookie: await signIn() };

      const list = await (await request('/orders', { headers })).text();
      const [, path = ''] = /href="(\/orders\/main\/[^"]+)"/.exec(list) ?? [];
      const order = await request(new URL(path.replaceAll('&#39;', "'"), 'http://x').pathname, { headers });

      expect(order.status).toBe(200);
      expect(await order.text()).toContain('Updates and endpoints');
    },
  );

  it('say what to do when there is no order', async () => {
    const { request, signIn } = aConsole();
    const headers = { cookie: await signIn() };

    expect(await (await request('/orders', { headers })).text()).toContain('No order yet');
    expect((await request('/orders/main/none', { headers })).status).toBe(404);
    expect((await request('/orders?before=x', { headers })).status).toBe(422);
  });

  it('send nothing in read-only mode, and show no action', async () => {
    const relay = await anOrderOfTwoUpdates();
    const { request, signIn } = aConsole(relay, { isReadOnly: true });
    const headers = { cookie: await signIn() };
    const order = await (await request('/orders/main/7-1', { headers })).text();
    const [path = ''] = /\/orders\/main\/7-1\/evt_\w+/.exec(order) ?? [];

    expect(order).not.toContain('again');
    expect(await (await request(path, { headers })).text()).not.toContain('Send again');
    expect((await request(`${path}/send`, { headers })).status).toBe(409);
    expect((await request(`${path}/send`, { method: 'POST', headers })).status).toBe(403);
  });

  it('say that a body is erased, and store it in no cache', async () => {
    const relay = await anOrderOfTwoUpdates();
    const { request, signIn } = aConsole(relay);
    const headers = { cookie: await signIn() };
    const order = await (await request('/orders/main/7-1', { headers })).text();
    const [path = ''] = /\/orders\/main\/7-1\/evt_\w+/.exec(order) ?? [];
    const body = await request(`${path}/body`, { headers });
    expect(body.headers.get('cache-control')).toBe('no-store');
    expect(await body.text()).toContain('&quot;Shipped&quot;');
    expect(await (await request(path, { headers })).text()).not.toContain('&quot;NiceId&quot;');

    await forgetOrder(connectionTo(relay), { id: '7-1' });

    expect(await (await request(`${path}/body`, { headers })).text()).toContain('was erased');
  });
});

describe.skipIf(noBrowser !== undefined)(`orders ${title}`, () => {
  it('are found by any id, and an update is sent again to the endpoint that a person marks', async () => {
    const { page, signIn } = visits();
    const relay = await anOrderOfTwoUpdates();
    const visit = await signIn(relay);
    await visit('/orders');

    await page.getByRole('searchbox').fill('magIC7-1');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Order Magic7-1' }).waitFor();
    expect(await page.locator('.grid tbody tr').count()).toBe(2);
    await page.getByRole('link', { name: 'Send the newest update again…' }).click();
    expect(await page.getByRole('checkbox', { name: 'shop' }).count()).toBe(0);
    const sentBefore = relay.sender.to('erp').length;
    await page.getByRole('checkbox', { name: 'erp' }).check();
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('sent again to 1 endpoint').waitFor();
    await relay.work();

    expect(relay.sender.to('erp')).toHaveLength(sentBefore + 1);
    await page.getByText('It was sent again by hand.').waitFor();
  });

  it('show each attempt with its answer, and the body only when asked for', async () => {
    const { page, signIn } = visits();
    const visit = await signIn(await anOrderOfTwoUpdates());
    await visit('/orders/main/7-1');

    await page.locator('.grid tbody tr').first().getByRole('link', { name: 'pending' }).click();
    const attempts = page.getByRole('region', { name: 'Attempts to shop' });
    expect(await attempts.textContent()).toMatch(/503.*out of order/s);
    expect(await page.locator('pre.body').count()).toBe(0);
    await page.getByRole('link', { name: 'Show the body' }).press('Enter');
    await page.locator('pre.body').waitFor();
    expect(await page.locator('pre.body').textContent()).toContain('"NiceId": "Magic7-1"');
  });

  it('lead from an older update to the newest one before it is sent', async () => {
    const { page, signIn } = visits();
    const visit = await signIn(await anOrderOfTwoUpdates());
    await visit('/orders/main/7-1');

    await page.locator('.grid tbody tr').nth(1).getByRole('link').first().click();
    await page.getByRole('link', { name: 'Send again…' }).click();
    await page.getByText('it would be an older snapshot').first().waitFor();
    await page.getByRole('link', { name: 'Send the newest one instead' }).click();
    await page.getByText('It is the newest update of the order.').waitFor();
  });

  it('stay usable with many updates and many endpoints', async () => {
    const { page, signIn, isWiderThanScreen, seriousFindings } = visits();
    const relay = aRelay();
    for (let index = 0; index < 50; index++) relay.endpoint(`endpoint-with-a-rather-long-name-${index}`);
    for (let index = 0; index < 45; index++) await anOrder(relay, '7-1', `S${index}`);
    await relay.work();
    await page.setViewportSize(PHONE);
    const visit = await signIn(relay);
    await visit('/orders/main/7-1');

    const grid = page.getByRole('region', { name: 'Updates and endpoints' }).last();
    await grid.evaluate('(element) => (element.scrollLeft = 2000)');
    const first = page.locator('.grid tbody th').first();
    expect((await first.boundingBox())?.x).toBeLessThan(PHONE.width / 2);
    expect(await isWiderThanScreen()).toBe(false);
    expect(await seriousFindings()).toEqual([]);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('S24').first().waitFor();
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('S4').first().waitFor();
    expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0);
  });

  it('run nothing hostile, and are accessible', async () => {
    const { page, signIn, faults } = visits();
    const visit = await signIn(await busyRelay());
    const check = async () => {
      expect(await page.evaluate('window.hacked'), page.url()).toBeUndefined();
      expect(await page.locator('main img, main script, main b').count(), page.url()).toBe(0);
      expect(await faults(), page.url()).toEqual([]);
    };

    await visit(`/orders?${new URLSearchParams({ q: 'onerror' })}`);
    await check();
    await page.locator('tbody th a').click();
    await check();
    await page.locator('.grid th a').click();
    await page.locator('details.delivery').first().waitFor();
    for (const summary of await page.locator('details.delivery > summary').all()) await summary.click();
    await page.getByRole('link', { name: 'Show the body' }).click();
    await page.locator('pre.body').waitFor();
    await check();
    expect(await page.locator('main').textContent()).toContain(SCRIPT.slice(0, 40));
    await page.getByRole('link', { name: 'Send again…' }).click();
    await page.waitForURL(/send$/);
    await check();
  });
});
