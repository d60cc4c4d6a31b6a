import { describe, expect, it } from 'vitest';
import { startReceiver } from '../end-to-end/a-receiver.ts';
import { noBrowser } from './a-browser.ts';
import { useVisits } from './a-visit.ts';
import { anEmptyFolder, startRelay } from './started-relay.ts';

/** A busy machine needs longer than a second. */
const FOR_A_TEST = { timeout: 60_000 };

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
const visit = useVisits();

describe.skipIf(noBrowser !== undefined)(`npm start ${title}`, () => {
  it('leads from an empty folder to the first delivery, and sends it again', FOR_A_TEST, async () => {
    const { page } = visit();
    const relay = await startRelay(anEmptyFolder(), ['--allow-cidr', '127.0.0.0/8']);
    const erp = await startReceiver();
    const address = relay.saved('webhook-address');

    await page.goto(relay.saved('console-address'));
    expect(await page.getByRole('button', { name: 'Copy the address' }).getAttribute('data-copy')).toBe(
      address,
    );

    await page.getByLabel('Short name').fill('erp');
    await page.getByLabel('URL').fill(`${erp.url}/hooks?orderid=`);
    await page.getByRole('button', { name: 'Add the endpoint' }).click();
    await page.getByRole('button', { name: 'Send a test to erp' }).click();
    await page.getByRole('button', { name: 'Test erp again' }).waitFor();
    expect(erp.arrivals.map(({ path }) => path)).toEqual(['/hooks']);
    expect(await page.locator('.steps').textContent()).toMatch(/delivered/i);

    const order = { Id: '7-501', NiceId: 'Magic7-501', Items: [{ Sku: 'Mug', Status: 'Shipped' }] };
    await fetch(`${address}7-501`, { method: 'POST', body: JSON.stringify(order) });
    await page.getByRole('link', { name: 'Open the console' }).click();
    await page.getByRole('heading', { name: 'erp' }).waitFor();
    expect(erp.arrivals.map(({ url }) => url)).toEqual([expect.any(String), '/hooks?orderid=7-501']);

    await page.goto(`${relay.url}/orders/main/7-501`);
    await page.getByRole('link', { name: 'Send the newest update again' }).click();
    await page.getByRole('checkbox', { name: 'erp' }).check();
    await page.getByRole('button', { name: 'Send again' }).click();
    await expect.poll(() => erp.arrivals.length).toBe(3);
    await erp.stop();
  });
});
