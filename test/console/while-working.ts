/** Presses a button whose answer needs the relay to work meanwhile. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { MemoryRelay } from './a-console.ts';

/** A busy machine needs longer than a second. */
const FOR_AN_ANSWER = { timeout: 20_000 };

/** Clicks, and lets the relay work and its clock run until the form is answered. */
export async function clickWhileWorking(page: Page, relay: MemoryRelay, button: string): Promise<void> {
  const answers: number[] = [];
  page.on(
    'response',
    (response) => response.request().method() === 'POST' && answers.push(response.status()),
  );
  const clicked = page.getByRole('button', { name: button }).click();
  const working: Promise<void>[] = [];
  await expect
    .poll(() => {
      // The functions wait for the clock, too.
      working.push(relay.work());
      relay.clock.advance(500);
      return answers.length;
    }, FOR_AN_ANSWER)
    .toBe(1);
  await Promise.all([clicked, ...working]);
}
