/** A part of a page that stays current: htmx asks for it again and changes only what differs. */
import { html } from 'hono/html';
import type { Html, View } from '../console-env.ts';

export interface LiveRegionParts {
  readonly id: string;
  /** Answers with the content alone. */
  readonly path: string;
  readonly content: Html;
  readonly everySeconds?: number;
}

/** Focus, scroll position and open details survive. The page's script skips requests while the page is hidden or paused. */
export function liveRegion({ pollSeconds }: View, parts: LiveRegionParts): Html {
  const { id, path, content, everySeconds = pollSeconds } = parts;
  return html`<div id="${id}" class="live" data-live hx-get="${path}" hx-trigger="every ${everySeconds}s" hx-swap="innerMorph">${content}</div>`;
}
