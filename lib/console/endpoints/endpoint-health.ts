/** Whether an endpoint gets its updates, what waits for it, and what to do when it does not. */
import { html } from 'hono/html';
import type { ListedStatus } from '../../operator/status/endpoint-list.ts';
import type { Html, View } from '../console-env.ts';
import { attemptText } from '../layout/attempt-text.ts';
import { boundedText, counted } from '../layout/counts.ts';
import { stateBadge, toneOf } from '../layout/state-badge.ts';
import { timeAgo, timeSince } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { endpointPath } from './endpoint-path.ts';

export function healthPanel({ now }: View, status: ListedStatus): Html {
  const { id, state, since, health } = status;
  const path = endpointPath(id);
  const step = nextStep(status);
  return html`<div class="card ${toneOf(state)}">
<dl class="figures">
<div><dt>State</dt><dd>${stateBadge(state)}${since === undefined ? '' : html` <small>${timeSince(since, now)}</small>`}</dd></div>
<div><dt>Waiting</dt><dd>${linked(status.waiting.count, `${path}/deliveries?state=pending`, boundedText(status.waiting))}${
    status.oldestWaitingSince === undefined
      ? ''
      : html` <small>${timeSince(status.oldestWaitingSince, now)}</small>`
  }</dd></div>
<div><dt>Dead</dt><dd>${linked(status.dead.count, `${path}/deliveries?state=dead`, boundedText(status.dead))}</dd></div>
<div><dt>Cancelled</dt><dd>${linked(status.cancelled.count, `${path}/deliveries?state=cancelled`, boundedText(status.cancelled))}</dd></div>
<div><dt>Last success</dt><dd><small>${health?.lastSuccessAt === undefined ? 'none yet' : timeAgo(health.lastSuccessAt, now)}</small></dd></div>
</dl>
<dl class="facts">${reasonFact(status)}${lastAnswer(status, now)}${probeFact(status, now)}${refusalFact(status)}</dl>
${step === undefined ? '' : html`<p class="next-step">${step}</p>`}</div>`;
}

function linked(count: number, path: string, text: string): Html {
  return count === 0 ? html`${text}` : html`<a href="${path}">${text}</a>`;
}

function fact(name: string, value: Html | string): Html {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function reasonFact({ reason }: ListedStatus): Html {
  return reason === undefined ? html`` : fact('Why', untrusted(reason));
}

function lastAnswer({ lastAttempt, health }: ListedStatus, now: Date): Html {
  if (lastAttempt !== undefined)
    return fact('Last answer', html`${untrusted(attemptText(lastAttempt))}, ${timeAgo(lastAttempt.at, now)}`);
  if (health?.lastAnswer === undefined) return html``;
  const { answer, at } = health.lastAnswer;
  return fact(
    'Last answer',
    html`${untrusted(answer)}${at === undefined ? '' : html`, ${timeAgo(at, now)}`}`,
  );
}

function probeFact({ health, state }: ListedStatus, now: Date): Html {
  if (health?.probes === undefined || state !== 'failing') return html``;
  const { failed, nextAt } = health.probes;
  const next = nextAt === undefined || nextAt <= now ? 'within a minute' : timeAgo(nextAt, now);
  return fact('Probes', html`${counted(failed, 'failed probe')}, the next one ${next}`);
}

function refusalFact({ health }: ListedStatus): Html {
  if (health?.refusals === undefined) return html``;
  const { orders, orMore } = health.refusals;
  return fact('Refused', `${counted({ count: orders, isMore: orMore }, 'order')} in a row`);
}

function nextStep({ state }: ListedStatus): string | undefined {
  switch (state) {
    case 'failing':
      return 'Its deliveries wait. The relay tries it again by itself, and sends them as soon as it answers. A test tries it now.';
    case 'refusing':
      return 'It answers, and refuses what it gets. Check its credentials and its settings, send a test, and then enable it.';
    case 'disabled':
      return 'The relay sends nothing to it and cancels its deliveries. Fix the endpoint, enable it, and send what it missed.';
    case 'paused':
      return 'Its deliveries wait until you resume it.';
    case 'invalid':
      return 'Its deliveries wait until its settings are valid. Edit them, or remove the endpoint and add it again.';
    case 'removed':
      return 'It has no settings any more. Add an endpoint with the same id to send what it missed.';
    case 'new':
      return 'The relay has no success from it yet. Send a test.';
    case 'slow':
      return 'It answers slowly. Other endpoints do not wait for it.';
    case 'recovering':
      return 'It answers again. The relay sends the deliveries that waited.';
    case 'ok':
      return undefined;
  }
}
