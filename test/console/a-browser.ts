/**
 * A headless Chromium for the tests of a file. It comes from npm on Linux x64. Elsewhere an installed Chrome is used, or
 * the one that `CONSOLE_TEST_BROWSER` names; without any, the tests are skipped and say so.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { beforeAll } from 'vitest';
import { unpackedChromium } from './unpacked-chromium.ts';

const INSTALLED = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  join(process.env.PROGRAMFILES ?? 'C:\\Program Files', 'Google/Chrome/Application/chrome.exe'),
  join(
    process.env['PROGRAMFILES(X86)'] ?? 'C:\\Program Files (x86)',
    'Microsoft/Edge/Application/msedge.exe',
  ),
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
];

const IS_FROM_NPM = process.platform === 'linux' && process.arch === 'x64';

const installed = process.env.CONSOLE_TEST_BROWSER ?? INSTALLED.find((path) => existsSync(path));

/** The first start on a machine unpacks 200 MB. */
const UNPACKING_MS = 180_000;

/** Why there is no browser; undefined on Linux x64, and where one is installed. */
export const noBrowser =
  IS_FROM_NPM || installed !== undefined
    ? undefined
    : `no Chrome on ${process.platform} ${process.arch}: set CONSOLE_TEST_BROWSER to its path`;

export async function launchBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  // CI machines run as root, which Chromium's sandbox refuses.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  if (IS_FROM_NPM && process.env.CONSOLE_TEST_BROWSER === undefined)
    return chromium.launch({ args, ...(await unpackedChromium()) });
  return chromium.launch({ args, ...(installed !== undefined && { executablePath: installed }) });
}

/** The files that share a worker share its browser. It ends with the worker. */
let launched: Promise<Browser> | undefined;

/** A browser for the tests of a file. Each test takes contexts of its own, and closes them. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (noBrowser !== undefined) return;
    launched ??= launchBrowser();
    browser = await launched;
  }, UNPACKING_MS);
  return () => {
    if (browser === undefined) throw new Error(noBrowser ?? 'the browser runs only during tests');
    return browser;
  };
}

/** The complaints of a context's pages: console errors, exceptions, and violations of the content policy. */
export function complaintsOf(context: BrowserContext): readonly string[] {
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return complaints;
}
