import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { propertiesOf, theTemplate } from './the-template.ts';

const settingsSchema = z.object({
  DefaultRouteSettings: z.object({ ThrottlingRateLimit: z.number(), ThrottlingBurstLimit: z.number() }),
});
const { DefaultRouteSettings: throttle } = settingsSchema.parse(propertiesOf(theTemplate(), 'WebhookStage'));

/** An order of ten items fires about ten webhooks. */
const PER_ORDER = 10;

/** How many of so many requests, spread evenly, a token bucket lets pass that was full at the first. */
function passed(requests: number, seconds: number): number {
  const { ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: capacity } = throttle;
  let tokens = capacity;
  let through = 0;
  for (let request = 0; request < requests; request++) {
    if (request > 0) tokens = Math.min(capacity, tokens + (perSecond * seconds) / requests);
    if (tokens < 1) continue;
    tokens -= 1;
    through += 1;
  }
  return through;
}

/** The rows of the table in docs/security.md: seconds, webhooks, orders. */
function documented(): [number, number, number][] {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| (an instant|\d+ s) \| ([\d,]+) \| ([\d,]+) \|$/gm);
  return [...rows].map(([, within = '', webhooks = '', orders = '']) => [
    within === 'an instant' ? 0 : Number.parseInt(within, 10),
    Number(webhooks.replace(',', '')),
    Number(orders.replace(',', '')),
  ]);
}

describe('the route’s throttle', () => {
  it('is written of in docs/security.md', () => {
    expect(documented()).toHaveLength(4);
  });

  it.each(documented())('lets pass what the page says: within %i s, %i webhooks of %i orders', (...row) => {
    const [seconds, webhooks, orders] = row;

    // The last token is there when the last request has come, but for the one that it comes between.
    expect(passed(webhooks, seconds)).toBeGreaterThanOrEqual(webhooks - 1);
    expect(passed(Math.ceil(webhooks * 1.2), seconds)).toBeLessThanOrEqual(webhooks);
    expect(webhooks / PER_ORDER).toBe(orders);
  });
});
