/** The HTML document around every page. */
import { html } from 'hono/html';
import { assetPath } from '../assets/assets.ts';
import type { Html, View } from '../console-env.ts';

/** No injected styles, and no pages in the browser's storage. Live parts leave details open (`open`). */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  mode: 'same-origin',
  defaultTimeout: 20_000,
  morphIgnore: ['data-htmx-powered', 'open'],
});

export interface DocumentParts {
  readonly title: string;
  readonly body: Html;
  readonly view: View;
}

export function document({ title, body, view }: DocumentParts): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta name="robots" content="noindex" />
<meta name="htmx-config" content="${HTMX_CONFIG}" />
<title>${title} · ${view.relayTitle}</title>
<link rel="icon" href="data:," />
<link rel="stylesheet" href="${assetPath('uplot.css')}" />
<link rel="stylesheet" href="${assetPath('console.css')}" />
<script src="${assetPath('htmx.js')}" defer></script>
<script src="${assetPath('uplot.js')}" defer></script>
<script src="${assetPath('console.js')}" defer></script>
</head>
<body>${body}</body>
</html>`;
}
