/** When the relay tries a delivery next, in a few words. */
import { html } from 'hono/html';
import type { NextTry } from '../../operator/deliveries/next-try.ts';
import type { Html } from '../console-env.ts';
import { timeAgo } from './times.ts';

/** `next try in 4 min`, `waits until the endpoint is resumed`. */
export function nextTryText(next: NextTry, now: Date): Html | string {
  switch (next.kind) {
    case 'at':
      return html`next try ${timeAgo(next.at, now)}`;
    case 'now':
      return 'due now';
    case 'in-flight':
      return 'being sent now';
    case 'rate-limit':
      return 'due now, within the rate limit';
    case 'earlier-delivery':
      return 'waits for an earlier update';
    case 'probe':
      return next.at === undefined
        ? 'waits until the endpoint answers'
        : html`waits until the endpoint answers; the relay tries it ${timeAgo(next.at, now)}`;
    case 'resume':
      return 'waits until the endpoint is resumed';
    case 'fixed-row':
      return 'waits until the endpoint’s settings are fixed';
    case 'none':
      return 'will be cancelled';
  }
}
