/** One endpoint at a glance: whether it gets its updates, and what waits for it. */
import { html } from 'hono/html';
import type { EndpointSample } from '../../operator/status/delivery-sample.ts';
import type { EndpointStatus } from '../../operator/status/endpoint-status.ts';
import type { Html, View } from '../console-env.ts';
import { endpointPath } from '../endpoints/endpoint-path.ts';
import { attemptText } from '../layout/attempt-text.ts';
import { boundedText } from '../layout/counts.ts';
import { stateBadge, toneOf } from '../layout/state-badge.ts';
import { milliseconds, timeAgo, timeSince } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';

export function endpointCard({ now }: View, endpoint: EndpointStatus): Html {
  const { id, state, since, description } = endpoint;
  return html`<li class="card ${toneOf(state)}" id="endpoint-${id}">
<div class="head"><h3><a href="${endpointPath(id)}">${untrusted(id)}</a></h3>${stateBadge(state)}</div>
${description === undefined ? '' : html`<p class="quiet">${untrusted(description)}</p>`}
<dl class="facts">
${since === undefined ? '' : fact('State since', timeAgo(since, now))}
${reasonFact(endpoint)}
${lastSuccess(endpoint, now)}
${lastAnswer(endpoint, now)}
${fact('Waiting', waitingText(endpoint, now))}
${fact('Dead', boundedText(endpoint.dead))}
${endpoint.cancelled.count > 0 ? fact('Cancelled', boundedText(endpoint.cancelled)) : ''}
${sampleFacts(endpoint.sample)}
</dl></li>`;
}

function fact(name: string, value: Html | string): Html {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function reasonFact({ reason }: EndpointStatus): Html {
  return reason === undefined ? html`` : fact('Why', untrusted(reason));
}

function lastSuccess({ health }: EndpointStatus, now: Date): Html {
  const at = health?.lastSuccessAt;
  return fact('Last success', at === undefined ? 'none yet' : timeAgo(at, now));
}

/** Only when it is no success: the answer says what is wrong with the endpoint. */
function lastAnswer({ lastAttempt, health, state }: EndpointStatus, now: Date): Html {
  const isWell = state === 'ok' || state === 'new' || state === 'slow';
  if (lastAttempt !== undefined)
    return fact('Last answer', html`${untrusted(attemptText(lastAttempt))}, ${timeAgo(lastAttempt.at, now)}`);
  if (isWell || health?.lastAnswer === undefined) return html``;
  const { answer, at } = health.lastAnswer;
  return fact(
    'Last answer',
    html`${untrusted(answer)}${at === undefined ? '' : html`, ${timeAgo(at, now)}`}`,
  );
}

function waitingText({ waiting, oldestWaitingSince }: EndpointStatus, now: Date): Html | string {
  if (waiting.count === 0) return 'none';
  const text = boundedText(waiting);
  return oldestWaitingSince === undefined
    ? text
    : html`${text}, the oldest ${timeSince(oldestWaitingSince, now)}`;
}

function sampleFacts({ deliveredShare, timeToDeliver }: EndpointSample): Html {
  return html`${deliveredShare === undefined ? '' : fact('Delivered', percentText(deliveredShare))}
${
  timeToDeliver === undefined
    ? ''
    : fact(
        'Time to deliver',
        `half within ${milliseconds(timeToDeliver.p50Ms)}, 99 % within ${milliseconds(timeToDeliver.p99Ms)}`,
      )
}`;
}

/** Never 100 % when one is missing. */
function percentText(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`;
}
