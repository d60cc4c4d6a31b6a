/** The result of a test: the endpoint's answer, and the request that it got. */
import { html } from 'hono/html';
import type { EndpointTest } from '../../operator/endpoints/endpoint-test.ts';
import type { Attempt } from '../../relay/model/delivery.ts';
import { detailText } from '../../relay/model/outcome.ts';
import { printableLines } from '../../relay/model/printable.ts';
import type { Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { exactTime, milliseconds } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { indentedJson } from '../orders/indented-json.ts';
import { endpointPath } from './endpoint-path.ts';

export function testResult(view: View, test: EndpointTest): Html {
  const path = endpointPath(test.endpoint.id);
  return html`<section aria-labelledby="result-heading"><h2 id="result-heading">Result of the test</h2>
${verdict(test)}${consequence(test)}
${(test.delivery?.attempts ?? []).map(answer)}
<div class="actions">${actionForm(view, { action: `${path}/test`, label: 'Test again', busyLabel: 'Testing…' })}<a class="button" href="${path}">Back to the endpoint</a></div></section>
${request(test)}
<p class="quiet">Event id ${codeText(test.eventId)}. It is a test event with an example order: no other endpoint gets it.</p>`;
}

function verdict({ outcome, delivery }: EndpointTest): Html {
  if (outcome === undefined)
    return html`<p class="notice warn" role="status">There is no answer yet. The endpoint’s deliveries show it later.</p>`;
  const isDelivered = delivery?.state === 'delivered';
  const { attempt: _, ...result } = outcome;
  return html`<p class="notice ${isDelivered ? 'good' : 'bad'}" role="status">${stateBadge(outcome.state)} ${
    isDelivered ? 'The endpoint accepted the test.' : 'The endpoint did not accept the test.'
  } ${untrusted(detailText(result) ?? '')}</p>`;
}

/** Says how the test changes an endpoint that was paused or failing. */
function consequence({ outcome, blockBefore, blockAfter }: EndpointTest): Html {
  if (outcome === undefined || blockBefore === undefined) return html``;
  if (blockBefore === 'paused')
    return html`<p>It is paused: the relay sent only this test. Resume it to send the deliveries that wait.</p>`;
  if (blockAfter === 'failing')
    return html`<p>It is still failing: its deliveries wait until a test or the relay’s own probe succeeds.</p>`;
  if (blockAfter === 'disabled') return html`<p>The relay has disabled it.</p>`;
  return html`<p>It was failing, and answers again: the relay sends the deliveries that waited.</p>`;
}

function answer({ at, status, error, durationMs, answer, headers = {}, unsent }: Attempt): Html {
  return html`<div class="card answer-card"><p><strong>${unsent ? 'Nothing was sent' : (status ?? 'No answer')}</strong> <span class="quiet">after ${milliseconds(durationMs)}, ${exactTime(at)}</span></p>
${error === undefined ? '' : html`<p>${untrusted(error)}</p>`}
${headerList(headers)}
${
  answer === undefined || answer === ''
    ? html`<p class="quiet">The answer has no body.</p>`
    : html`<pre class="answer" tabindex="0" aria-label="Answer">${printableLines(answer)}</pre>`
}</div>`;
}

function headerList(headers: Readonly<Record<string, string>>): Html {
  const all = Object.entries(headers);
  if (all.length === 0) return html``;
  return html`<dl class="facts wide">${all.map(
    ([name, value]) => html`<dt>${untrusted(name)}</dt><dd>${codeText(value)}</dd>`,
  )}</dl>`;
}

function request({ request }: EndpointTest): Html {
  if (request === undefined) return html``;
  const text = Buffer.from(request.body).toString();
  return html`<section aria-labelledby="request-heading"><h2 id="request-heading">The request</h2>
<p>POST ${codeText(request.url)}</p>
${headerList(request.headers)}
<pre class="body long" tabindex="0" aria-label="Body of the request">${printableLines(indentedJson(text) ?? text)}</pre></section>`;
}
