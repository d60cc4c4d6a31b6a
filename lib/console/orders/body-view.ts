/** The body of an update as text. Hostile text: only escaped, never rendered. */
import { html } from 'hono/html';
import type { EventBody } from '../../operator/events/event-body.ts';
import { printableLines } from '../../relay/model/printable.ts';
import type { Html } from '../console-env.ts';
import { grouped } from '../layout/counts.ts';
import { exactTime } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { indentedJson } from './indented-json.ts';

/** A browser stays quick with so much text. */
const MOST_CHARACTERS = 200_000;

export function bodyView(found: EventBody): Html {
  switch (found.kind) {
    case 'forgotten':
      return html`<p class="notice">The body was erased ${exactTime(found.forgottenAt)}, because the order was forgotten. It cannot be sent again.</p>`;
    case 'expired':
      return html`<p class="notice">The body has expired. It cannot be sent again.</p>`;
    case 'body': {
      const { body, contentType, contentEncoding } = found;
      const facts = html`<p class="quiet">${grouped(body.length)} bytes · ${contentType === undefined ? 'no content type' : untrusted(contentType)}${
        contentEncoding === undefined ? '' : html` · encoded as ${untrusted(contentEncoding)}`
      }. Personal data: do not leave it open on a shared screen.</p>`;
      return html`${facts}${content(body)}`;
    }
  }
}

function content(body: Uint8Array): Html {
  if (body.length === 0) return html`<p>The body is empty.</p>`;
  const text = textOf(body);
  if (text === undefined) return html`<p>The body is not text, so it is not shown.</p>`;
  const shown = indentedJson(text) ?? text;
  const isCut = shown.length > MOST_CHARACTERS;
  return html`<pre class="body" tabindex="0" aria-label="Body">${printableLines(shown.slice(0, MOST_CHARACTERS))}</pre>${
    isCut ? html`<p class="quiet">The first ${grouped(MOST_CHARACTERS)} characters are shown.</p>` : ''
  }`;
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    // Not UTF-8: another encoding, or compressed.
    return undefined;
  }
}
