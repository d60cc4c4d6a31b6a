/** The results of expressions, put into their places on the editor's page. */
import { html } from 'hono/html';
import type {
  AnswerTrial,
  ExpressionPreview,
  FilterPreview,
} from '../../../operator/endpoints/expression-preview.ts';
import type { Preview } from '../../../operator/endpoints/expression-trials.ts';
import { printableLines } from '../../../relay/model/printable.ts';
import type { Html, View } from '../../console-env.ts';
import { counted, grouped } from '../../layout/counts.ts';
import { timeAgo } from '../../layout/times.ts';
import { codeText, untrusted } from '../../layout/untrusted.ts';
import { indentedJson } from '../../orders/indented-json.ts';
import { updatePath } from '../../orders/order-path.ts';

/** The ids of the places. */
export const PREVIEW_NAMES = {
  event: 'event-preview',
  input: 'input-preview',
  filter: 'filter-preview',
  transform: 'transform-preview',
  success: 'success-preview',
} as const;
export type PreviewName = keyof typeof PREVIEW_NAMES;

/** A browser stays quick with so much text. */
const MOST_CHARACTERS = 100_000;

/** @param isShown whether the person asked for personal data */
export function previewUpdates(view: View, preview: ExpressionPreview, isShown: boolean): Html {
  return updates({
    event: eventText(view, preview),
    input: isShown ? inputText(preview) : html``,
    filter: filterText(preview.filter),
    transform: transformText(preview.transform, isShown),
    success: successText(view, preview.success),
  });
}

/** When there is nothing to evaluate. */
export function emptyPreview(message: string): Html {
  const none = html``;
  const event = html`<p class="notice warn">${untrusted(message)}</p>`;
  return updates({ event, input: none, filter: none, transform: none, success: none });
}

function updates(parts: Readonly<Record<PreviewName, Html>>): Html {
  const names: readonly PreviewName[] = ['event', 'input', 'filter', 'transform', 'success'];
  return html`${names.map(
    (name) => html`<div id="${PREVIEW_NAMES[name]}" hx-swap-oob="innerHTML">${parts[name]}</div>`,
  )}`;
}

function eventText({ now }: View, { event, input }: ExpressionPreview): Html {
  if (event === undefined)
    return html`<p class="notice">There is no update yet. Expressions are checked for mistakes only. The preview works as soon as the Hub has sent an update.</p>`;
  const { niceId, orderId, receivedAt } = event;
  const name = html`<a href="${updatePath(event)}">${codeText(niceId ?? orderId ?? 'no order id')}</a>, received ${timeAgo(receivedAt, now)}`;
  return input === undefined
    ? html`<p class="notice warn">${name}: its body has expired or was erased. Choose another one.</p>`
    : html`<p>Order ${name}.</p>`;
}

function inputText({ input }: ExpressionPreview): Html {
  return input === undefined ? html`` : block('Input', JSON.stringify(input, undefined, 2));
}

function filterText(filter: FilterPreview | undefined): Html {
  if (filter === undefined) return html``;
  const { trial, pass, skip, error } = filter;
  const all = pass + skip + error;
  const failed = error > 0 ? `, and fails on ${error}: those are sent` : '';
  return html`${
    all === 0
      ? html`<p>There is no update of this endpoint’s sources to try it on.</p>`
      : html`<p><strong>Passes ${pass} of the newest ${counted(all, 'update')}</strong>, skips ${skip}${failed}.</p>`
  }${trial === undefined ? '' : html`<p>The chosen update: ${TRIALS[trial.result]}${trial.reason === undefined ? '' : html` ${untrusted(trial.reason)}`}</p>`}`;
}

const TRIALS = {
  pass: html`<span class="badge good">✓ passes</span>`,
  skip: html`<span class="badge neutral">– is skipped</span>`,
  error: html`<span class="badge bad">! fails, and is sent:</span>`,
};

function transformText(preview: Preview | undefined, isShown: boolean): Html {
  if (preview === undefined) return html``;
  if ('unsent' in preview)
    return html`<p><span class="badge bad">! Nothing would be sent</span> ${untrusted(preview.unsent)}</p>`;
  const { contentType, body } = preview;
  const facts = html`<p><span class="badge good">✓ works</span> ${grouped(body.length)} characters of ${untrusted(contentType || 'no content type')}.${
    isShown ? '' : ' Mark the box above to see the result.'
  }</p>`;
  return isShown ? html`${facts}${block('Result', indentedJson(body) ?? body)}` : facts;
}

function successText({ now }: View, trials: readonly AnswerTrial[] | undefined): Html {
  if (trials === undefined) return html``;
  if (trials.length === 0)
    return html`<p>No answer of this endpoint is recorded. Send a test: its answer is evaluated here.</p>`;
  return html`<p>On recorded answers. Headers are recorded for tests only.</p><ul class="outcomes">${trials.map(
    ({ at, status, answer, result, reason }) =>
      html`<li>${VERDICTS[result]} ${status} <span class="quiet">${timeAgo(at, now)} ${untrusted(reason ?? answer.slice(0, 80))}</span></li>`,
  )}</ul>`;
}

const VERDICTS = {
  success: html`<span class="badge good">✓ success</span>`,
  failure: html`<span class="badge bad">! failure</span>`,
  error: html`<span class="badge bad">! fails</span>`,
};

function block(label: string, text: string): Html {
  const isCut = text.length > MOST_CHARACTERS;
  return html`<p class="quiet">${label}${isCut ? `: the first ${grouped(MOST_CHARACTERS)} characters` : ''}</p><pre class="body" tabindex="0" aria-label="${label}">${printableLines(text.slice(0, MOST_CHARACTERS))}</pre>`;
}
