/** `npm run screenshots`: makes the pictures of the console in docs/images, of a relay in memory with invented orders. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { PAGES } from '../../lib/console/pages.ts';
import { serveConsole } from '../../lib/console/serve-console.ts';
import { aRelay } from '../relay/a-relay.ts';
import { launchBrowser } from './a-browser.ts';
import { connectionTo, type MemoryRelay } from './a-console.ts';
import { anOrderWithTroubles, aShopsDay } from './a-shops-day.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const THEMES = ['light', 'dark'] as const;
const DESKTOP = { width: 1200, height: 940 };

await mkdir(FOLDER, { recursive: true });
const browser = await launchBrowser();
await picture(browser, aRelay(), '/', 'start');
const day = await aShopsDay();
for (const { path, label } of PAGES)
  if (path !== '/attention') await picture(browser, day, path, label.toLowerCase().replaceAll(' ', '-'));
await picture(browser, day, await anOrderWithTroubles(day), 'order');
await picture(browser, day, '/attention', 'needs-attention');
await picture(browser, day, '/endpoints/shop', 'endpoint');
await picture(browser, day, anEndpointWithExpressions(day), 'expressions', '#filter-preview p');
await browser.close();

/** The relay in memory knows what these expressions mean. */
function anEndpointWithExpressions(relay: MemoryRelay): string {
  const filter = "'Shipped' in order.Items.Status";
  const transform = `{
  "text": "Order " & event.niceId & " is shipped",
  "items": order.Items.Sku
}`;
  relay.expressions.means(filter, ({ order }) => JSON.stringify(order).includes('Shipped'));
  relay.expressions.means(transform, ({ event }) => ({
    ...{ text: `Order ${event.niceId} is shipped`, items: ['Mug', 'Shirt'] },
  }));
  relay.endpoint('slack', { description: 'Messages for the team', filter, transform });
  return '/endpoints/slack/expressions';
}

/**
 * One picture in each theme.
 *
 * @param part waits for this part of the page
 */
async function picture(
  browser: Browser,
  relay: MemoryRelay,
  path: string,
  name: string,
  part = 'main',
): Promise<void> {
  const { address, stop } = await serveConsole({
    connection: connectionTo(relay, 'the local relay on port 8787'),
    port: 0,
  });
  for (const colorScheme of THEMES) {
    const context = await browser.newContext({
      ...{ viewport: DESKTOP, colorScheme, locale: 'en-GB', timezoneId: 'Europe/Prague' },
    });
    const page = await context.newPage();
    await page.goto(address);
    if (path !== '/') await page.goto(new URL(path, address).href);
    await page.locator(part).first().waitFor();
    await page.screenshot({ path: join(FOLDER, `console-${name}-${colorScheme}.png`) });
    await context.close();
  }
  await stop();
}
