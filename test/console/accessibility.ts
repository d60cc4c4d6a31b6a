/** Finds problems of a page for people who do not see it, or see it on a phone. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 900 };

const LIGHT = { colorScheme: 'light', reducedMotion: 'no-preference' } as const;
/** A row that fades in keeps the colours of the theme that it began with. Without motion, it has no others. */
const DARK = { colorScheme: 'dark', reducedMotion: 'reduce' } as const;

/** The serious findings of axe-core on the page as it is. */
export async function seriousFindings(page: Page): Promise<readonly object[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe.source);
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`);
}

export function isWiderThanScreen(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}

/**
 * The serious findings of axe-core, and whether the page is wider than its screen: on a desktop in the light theme, which
 * the page has before and after, and on a phone in the dark one.
 */
export async function faultsOf(page: Page): Promise<readonly object[]> {
  const onDesktop = await faultsNow(page);
  await page.emulateMedia(DARK);
  await page.setViewportSize(PHONE);
  const onPhone = await faultsNow(page);
  await page.emulateMedia(LIGHT);
  await page.setViewportSize(DESKTOP);
  return [
    ...onDesktop.map((fault) => ({ on: 'desktop', ...fault })),
    ...onPhone.map((fault) => ({ on: 'phone', ...fault })),
  ];
}

async function faultsNow(page: Page): Promise<readonly object[]> {
  const findings = await seriousFindings(page);
  return (await isWiderThanScreen(page)) ? [...findings, { id: 'wider than its screen' }] : findings;
}
