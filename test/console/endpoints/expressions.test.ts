import { describe, expect, it } from 'vitest';
import { aRelay } from '../../relay/a-relay.ts';
import { noBrowser } from '../a-browser.ts';
import { aConsole, type MemoryRelay } from '../a-console.ts';
import { useVisits } from '../a-visit.ts';
import { anOrder, SCRIPT } from '../busy-relay.ts';

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
// A form with a problem is answered with 422.
const visits = useVisits(/status of 422/);

const SHIPPED = "order.Items.Status = 'Shipped'";
const TRANSFORM = '{ "id": event.niceId }';
const SUCCESS = 'body.ok';

/** Three orders, one of them shipped; and expressions whose meaning the relay in memory knows. */
async function withOrders(): Promise<MemoryRelay> {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.expressions.means(SHIPPED, ({ order }) => JSON.stringify(order).includes('Shipped'));
  relay.expressions.means(TRANSFORM, ({ event }) => ({ id: event.niceId, hostile: SCRIPT }));
  relay.expressions.means('order.Nothing', () => {
    throw new Error('no such field');
  });
  relay.expressions.judges(SUCCESS, ({ body }) => body === 'refused');
  relay.sender.answers.set('erp', { kind: 'answer', status: 503, text: 'refused' });
  for (const [id, status] of [
    ['7-1', 'New'],
    ['7-2', 'Shipped'],
    ['7-3', 'New'],
  ] as const) {
    await anOrder(relay, id, status);
    await relay.work();
  }
  return relay;
}

const rowOf = async (relay: MemoryRelay, id: string) =>
  (await relay.configTable.rows('endpoint')).find((row) => row.id === id)?.attributes;

describe('the editor of expressions', () => {
  it('is absent in read-only mode', async () => {
    const { request, signIn } = aConsole(await withOrders(), { isReadOnly: true });
    const headers = { cookie: await signIn() };

    expect((await request('/endpoints/erp/expressions', { headers })).status).toBe(409);
    expect(await (await request('/endpoints/erp', { headers })).text()).not.toContain('/expressions');
    for (const path of ['/endpoints/erp/expressions', '/endpoints/erp/expressions/preview'])
      expect((await request(path, { method: 'POST', headers })).status).toBe(403);
  });
});

describe.skipIf(noBrowser !== undefined)(`the editor of expressions ${title}`, () => {
  it('counts what a filter would pass while it is typed, and saves it', async () => {
    const { page, signIn } = visits();
    const relay = await withOrders();
    const visit = await signIn(relay);
    await visit('/endpoints/erp/expressions');
    await page.getByText(/Order Magic7-3, received/).waitFor();

    await page.getByLabel('Filter').fill('order.Items[');
    await page.getByText('Is not valid JSONata').waitFor();
    expect(await page.getByLabel('Filter').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Filter').fill(SHIPPED);
    await page.getByText('Passes 1 of the newest 3 updates').waitFor();
    await page.getByText('is skipped').waitFor();
    await page.getByLabel('Update', { exact: true }).selectOption({ index: 2 });
    await page.getByText('✓ passes').waitFor();
    await page.getByLabel('Filter').fill('order.Nothing');
    await page.getByText('fails on 3: those are sent').waitFor();
    await page.getByLabel('Filter').fill(SHIPPED);
    await page.getByRole('button', { name: 'Save' }).press('Enter');

    await page.getByText('The settings are saved.').waitFor();
    expect(await rowOf(relay, 'erp')).toMatchObject({ filter: SHIPPED });
  });

  it('shows input and result only when the person asks for personal data', async () => {
    const { page, signIn } = visits();
    const visit = await signIn(await withOrders());
    await visit('/endpoints/erp/expressions');

    await page.getByLabel('or the newest one of an order').fill('magic7-2');
    await page.getByLabel('Transform', { exact: true }).fill(TRANSFORM);
    await page.getByText('Mark the box above to see the result.').waitFor();
    await page.getByText(/Order Magic7-2, received/).waitFor();
    expect(await page.locator('pre').count()).toBe(0);
    await page.getByLabel('Show the input and the transform’s result').check();
    await page.getByLabel('Result', { exact: true }).waitFor();

    expect(await page.getByLabel('Result', { exact: true }).textContent()).toContain('"Magic7-2"');
    expect(await page.getByLabel('Input', { exact: true }).textContent()).toContain('"Shipped"');
    expect(await page.locator('main').textContent()).toContain('window.hacked');
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    await page.getByLabel('or the newest one of an order').fill('none');
    await page.getByText('There is no order none').waitFor();
  });

  it('tries success on recorded answers, and removes an expression that is emptied', async () => {
    const { page, signIn } = visits();
    const relay = await withOrders();
    relay.endpoint('erp', { success: SUCCESS, filter: SHIPPED });
    const visit = await signIn(relay);
    await visit('/endpoints/erp/expressions');

    await page.getByText('✓ success').first().waitFor();
    await page.getByLabel('Success').fill('');
    await page.locator('#success-preview:empty').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Save' }).click();

    await page.getByText('The settings are saved.').waitFor();
    expect(await rowOf(relay, 'erp')).not.toHaveProperty('success');
    expect(await rowOf(relay, 'erp')).toMatchObject({ filter: SHIPPED });
  });

  it('starts from a ready-made transform, and says when there is no update yet', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    relay.endpoint('erp');
    const visit = await signIn(relay);
    await visit('/endpoints/erp/expressions');

    await page.getByText('There is no update yet.').waitFor();
    await page.getByLabel('Start from a ready-made transform').selectOption('changes');
    await page.getByRole('button', { name: 'Use it' }).click();

    await page.waitForURL(/preset=changes/);
    expect(await page.getByLabel('Transform', { exact: true }).inputValue()).toContain('changes');
  });

  it('is accessible, and fits a phone', async () => {
    const { page, signIn, faults } = visits();
    const relay = await withOrders();
    relay.endpoint('erp', { transform: TRANSFORM, filter: SHIPPED, success: SUCCESS });
    const visit = await signIn(relay);
    await visit('/endpoints/erp/expressions');
    await page.getByLabel('Show the input and the transform’s result').check();
    await page.getByLabel('Result', { exact: true }).waitFor();

    expect(await faults()).toEqual([]);
    expect(await page.locator('main img, main script').count()).toBe(0);
  });
});

describe('the updates to choose for a preview', () => {
  it('cannot change the direction of the text around them', async () => {
    const relay = await withOrders();
    await anOrder(relay, SCRIPT, 'New');
    const { request, signIn } = aConsole(relay);

    const page = await request('/endpoints/erp/expressions', { headers: { cookie: await signIn() } });

    expect(await page.text()).not.toContain('\u202e');
  });
});
