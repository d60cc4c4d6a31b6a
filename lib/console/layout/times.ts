/** Times and durations for people. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 min ago`, with the exact time for the mouse and for scripts. */
export function timeAgo(at: Date, now: Date): Html {
  const ms = now.getTime() - at.getTime();
  const text =
    Math.abs(ms) < 5 * SECOND ? 'just now' : ms > 0 ? `${duration(ms)} ago` : `in ${duration(-ms)}`;
  return html`<time datetime="${at.toISOString()}" title="${utc(at)}">${text}</time>`;
}

/** `for 3 min`: how long a state lasts. */
export function timeSince(at: Date, now: Date): Html {
  const text = `for ${duration(Math.max(0, now.getTime() - at.getTime()))}`;
  return html`<time datetime="${at.toISOString()}" title="${utc(at)}">${text}</time>`;
}

/** `2026-11-29 07:41:05 UTC`. The page's script shows it in the browser's own time zone. */
export function exactTime(at: Date): Html {
  return html`<time class="exact" datetime="${at.toISOString()}">${utc(at)}</time>`;
}

/** `14 s`, `3 min`, `2 h 5 min`, `4 days`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    return `${Math.floor(ms / HOUR)} h${minutes > 0 ? ` ${minutes} min` : ''}`;
  }
  const days = Math.floor(ms / DAY);
  return days === 1 ? '1 day' : `${days} days`;
}

/** `143 ms`, `1.2 s`, `3 min`: how long an answer or a delivery took. */
export function milliseconds(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  return ms < 10 * SECOND ? `${(ms / SECOND).toFixed(1)} s` : duration(ms);
}

function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
