/** The outcomes of one event: a badge and the detail for each endpoint. */
import { html } from 'hono/html';
import type { EventRecord } from '../../relay/model/event.ts';
import { detailText } from '../../relay/model/outcome.ts';
import type { Html } from '../console-env.ts';
import { stateBadge } from './state-badge.ts';
import { untrusted } from './untrusted.ts';

export function outcomeList({ outcomes, fannedOutAt, abandonedAt }: EventRecord): Html {
  if (abandonedAt !== undefined) return html`${stateBadge('abandoned')} needs attention`;
  const all = Object.entries(outcomes ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  if (all.length === 0)
    return html`<span class="quiet">${fannedOutAt === undefined ? 'not sent yet' : 'no endpoint wants it'}</span>`;
  return html`<ul class="outcomes">${all.map(
    ([id, outcome]) =>
      html`<li>${stateBadge(outcome.state)} ${untrusted(id)} <span class="quiet">${untrusted(detailText(outcome) ?? '')}</span></li>`,
  )}</ul>`;
}
