import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAGES } from '../../lib/console/pages.ts';
import { aRelay } from '../relay/a-relay.ts';
import { complaintsOf, noBrowser, useBrowser } from './a-browser.ts';
import { aServedConsole, type MemoryRelay } from './a-console.ts';
import { DESKTOP, faultsOf, seriousFindings } from './accessibility.ts';
import { anOrder, busyRelay, SCRIPT } from './busy-relay.ts';

/** A busy machine needs longer than a second. */
const FOR_A_TEST = { timeout: 20_000 };
const PATHS = PAGES.map(({ path }) => path);

const browser = useBrowser();

let context: BrowserContext;
let page: Page;
let complaints: readonly string[];
beforeEach(async () => {
  if (noBrowser !== undefined) return;
  context = await browser().newContext({ viewport: DESKTOP, locale: 'en-US' });
  complaints = complaintsOf(context);
  page = await context.newPage();
});
afterEach(async () => {
  if (noBrowser !== undefined) return;
  await context.close();
  expect(complaints, 'console errors and violations of the content policy').toEqual([]);
});

/** Signs in with the printed address, and returns a function that visits a page. */
async function signIn(relay: MemoryRelay, options: Parameters<typeof aServedConsole>[1] = {}) {
  const { address } = await aServedConsole(relay, options);
  await page.goto(address);
  return (path: string) => page.goto(new URL(path, address).href);
}

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;

describe.skipIf(noBrowser !== undefined)(`the console ${title}`, () => {
  it('opens with the printed address, leaves no token in it, and stays signed in', async () => {
    const visit = await signIn(aRelay());

    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    await visit('/live');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Live');
  });

  it('is accessible, fits a phone, and runs nothing of what webhooks, answers and ids contain', async () => {
    const visit = await signIn(await busyRelay({ endpoints: 3 }));

    for (const path of PATHS) {
      await visit(path);
      expect(await page.evaluate('window.hacked'), path).toBeUndefined();
      expect(await page.locator('main img, main script, main b').count(), path).toBe(0);
      expect(await faultsOf(page), path).toEqual([]);
    }
    await visit('/live');
    expect(await page.locator('main').textContent()).toContain(SCRIPT.slice(0, 40));
  });

  it('is used by keyboard alone', async () => {
    await signIn(await busyRelay());

    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Tab');
    for (const _ of PATHS.slice(0, PATHS.indexOf('/live') + 1)) await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Live');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Live' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).press('Space');
    expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('true');
  });
});

describe.skipIf(noBrowser !== undefined)(`a form that asks before it is sent ${title}`, () => {
  const QUESTION = 'Drop 3 deliveries? They cannot be sent again.';

  /** Also counts what is sent. */
  async function aDestructiveForm() {
    await signIn(await busyRelay());
    const posts: string[] = [];
    await page.route('**/drop', (route) => {
      posts.push(route.request().method());
      return route.fulfill({ status: 200, contentType: 'text/html', body: 'dropped' });
    });
    const form = `<form method="post" action="/drop" data-confirm="${QUESTION}" data-confirm-label="Drop"><button>Drop…</button></form>`;
    await page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('afterbegin', ${JSON.stringify(form)})`,
    );
    await page.getByRole('button', { name: 'Drop…' }).press('Enter');
    await page.getByRole('dialog', { name: QUESTION }).waitFor();
    return posts;
  }

  it('is not sent when the person cancels, and gets the focus back', async () => {
    const posts = await aDestructiveForm();

    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    await page.keyboard.press('Escape');

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Drop…');
    expect(posts).toEqual([]);
  });

  it('is sent once when the person agrees', async () => {
    const posts = await aDestructiveForm();

    await page.getByRole('button', { name: 'Drop', exact: true }).press('Enter');

    await page.getByText('dropped').waitFor();
    expect(posts).toEqual(['POST']);
  });
});

describe.skipIf(noBrowser !== undefined)(`the start page ${title}`, () => {
  it('shows each endpoint with its state, and what needs attention', async () => {
    await signIn(await busyRelay());

    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'shop', exact: true }) });
    expect(await card.textContent()).toMatch(/refusing/);
    const attention = page.getByRole('region', { name: 'Needs attention' });
    expect(await attention.textContent()).toMatch(/shop/);
    await page.locator('.chart canvas').waitFor();
  });

  it('draws the webhooks of the current hour', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await anOrder(relay, '7-1', 'New');
    await relay.work();
    await signIn(relay);
    await page.locator('.chart canvas').waitFor();

    // The series has the colour of links; axes and the marks of silent hours have others.
    const bars = await page.evaluate(`(() => {
      const canvas = document.querySelector('.chart canvas');
      const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const [red, green, blue] = getComputedStyle(document.querySelector('main a')).color.match(/\\d+/g).map(Number);
      let found = 0;
      for (let at = 0; at < width * height * 4; at += 4)
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) found++;
      return found;
    })()`);
    expect(bars).toBeGreaterThan(100);
  });

  it('changes by itself, and keeps the focus and open details', async () => {
    const relay = await busyRelay();
    await signIn(relay);
    const today = page.locator('.figures dd').nth(2);
    const before = Number(await today.textContent());
    await page.getByText('As a table').click();

    await anOrder(relay, '7-900', 'New');
    await relay.work();

    await expect.poll(() => today.textContent()).toBe(String(before + 1));
    expect(await page.locator('.chart details').getAttribute('open')).not.toBeNull();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('As a table');
    expect(await page.locator('.chart canvas').count()).toBe(1);
  });

  it('leads a new relay to its first delivery', async () => {
    const relay = aRelay();
    relay.clock.advance(60_000);
    await signIn(relay);

    await page.getByText('npm run relay -- trigger Shipped').waitFor();
    await page.getByLabel('Short name').fill('erp');
    await page.getByLabel('URL').fill('https://erp/hook');
    await page.getByRole('button', { name: 'Add the endpoint' }).click();
    const test = page.getByRole('button', { name: 'Send a test to erp' });
    // The form is answered when the test has its outcome. Until then, the page can be asked nothing.
    const answers: number[] = [];
    page.on(
      'response',
      (response) => response.request().method() === 'POST' && answers.push(response.status()),
    );
    const clicked = test.click();
    const working: Promise<void>[] = [];
    await expect
      .poll(() => {
        // The functions wait for the clock, too.
        working.push(relay.work());
        relay.clock.advance(500);
        return answers;
      }, FOR_A_TEST)
      .toEqual([303]);
    await Promise.all([clicked, ...working]);
    await page.getByRole('listitem').filter({ hasText: 'Send a test' }).getByText('delivered').waitFor();
    await anOrder(relay, '7-1', 'New');
    await relay.work();

    await page.getByRole('link', { name: 'Open the console' }).click();
    await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
  });

  it('guides without a serious fault of accessibility', async () => {
    await signIn(aRelay());

    expect(await faultsOf(page)).toEqual([]);
  });

  it('has no form in read-only mode', async () => {
    await signIn(aRelay(), { isReadOnly: true });

    expect(await page.locator('form').count()).toBe(0);
    expect(await page.getByText('read-only').isVisible()).toBe(true);
  });
});

describe.skipIf(noBrowser !== undefined)(`the live page ${title}`, () => {
  it('shows new events and their outcomes, and rests while it is paused', async () => {
    const relay = await busyRelay();
    const visit = await signIn(relay);
    await visit('/live');

    await anOrder(relay, '7-901', 'New');
    const row = page.getByRole('row', { name: /Magic7-901/ });
    await row.waitFor();
    expect(await row.textContent()).toContain('not sent yet');
    await relay.work();
    await row.getByText('delivered').first().waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await page.locator('#live-events').getAttribute('data-paused')).not.toBeNull();
  });
});
