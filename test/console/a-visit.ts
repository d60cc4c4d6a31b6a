/** A page of a browser for each test of a file. Complaints of the browser fail the test. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeEach, expect } from 'vitest';
import type { ServeConsoleOptions } from '../../lib/console/serve-console.ts';
import { complaintsOf, noBrowser, useBrowser } from './a-browser.ts';
import { aServedConsole, type MemoryRelay } from './a-console.ts';
import { DESKTOP, faultsOf, isWiderThanScreen, seriousFindings } from './accessibility.ts';

export interface Visit {
  readonly page: Page;
  /** Signs in with the printed address, opens no page yet, and returns a function that visits one. */
  signIn(
    relay: MemoryRelay,
    options?: Partial<ServeConsoleOptions>,
  ): Promise<(path: string) => Promise<unknown>>;
  /** The serious findings of axe-core on the page. */
  seriousFindings(): Promise<unknown>;
  isWiderThanScreen(): Promise<unknown>;
  /** The serious findings on a phone and on a desktop, one in each theme, and whether the page is wider than its screen. */
  faults(): Promise<readonly object[]>;
}

/** @param ignored complaints to ignore, such as that of a page that must not exist */
export function useVisits(ignored = /^$/): () => Visit {
  const browser = useBrowser();
  let visit: Visit | undefined;
  let context: BrowserContext | undefined;
  let complaints: readonly string[] = [];
  beforeEach(async () => {
    if (noBrowser !== undefined) return;
    context = await browser().newContext({ viewport: DESKTOP, locale: 'en-US' });
    complaints = complaintsOf(context);
    visit = visitOn(await context.newPage());
  });
  afterEach(async () => {
    await context?.close();
    const found = complaints.filter((complaint) => !ignored.test(complaint));
    expect(found, 'console errors and violations of the content policy').toEqual([]);
  });
  return () => {
    if (visit === undefined) throw new Error(noBrowser ?? 'the browser runs only during tests');
    return visit;
  };
}

function visitOn(page: Page): Visit {
  return {
    page,
    async signIn(relay, options = {}) {
      const { address } = await aServedConsole(relay, options);
      const answer = await page.context().request.get(address, { maxRedirects: 0 });
      expect(answer.status(), 'the answer to the printed address').toBe(303);
      return (path) => page.goto(new URL(path, address).href);
    },
    seriousFindings: () => seriousFindings(page),
    isWiderThanScreen: () => isWiderThanScreen(page),
    faults: () => faultsOf(page),
  };
}
