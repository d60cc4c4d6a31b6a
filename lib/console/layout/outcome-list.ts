/** The outcomes of one event: a badge and the detail for each endpoint. */
import { html } from 'hono/html';
import type { ShownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { detailText } from '../../relay/model/outcome.ts';
import type { Html } from '../console-env.ts';
import { counted } from './counts.ts';
import { stateBadge } from './state-badge.ts';
import { untrusted } from './untrusted.ts';

/** With more endpoints than this, those that have what they need are only counted. */
const MOST_LISTED = 6;
const FINE_STATES: readonly ShownState[] = ['delivered', 'superseded', 'skipped'];

export function outcomeList({ outcomes, fannedOutAt, abandonedAt }: EventRecord): Html {
  if (abandonedAt !== undefined) return html`${stateBadge('abandoned')} needs attention`;
  const all = Object.entries(outcomes ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  if (all.length === 0)
    return html`<span class="quiet">${fannedOutAt === undefined ? 'not sent yet' : 'no endpoint wants it'}</span>`;
  const isLong = all.length > MOST_LISTED;
  const listed = isLong ? all.filter(([, { state }]) => !FINE_STATES.includes(state)) : all;
  const counts = isLong
    ? FINE_STATES.map((state) => [state, all.filter(([, one]) => one.state === state).length] as const)
    : [];
  return html`<ul class="outcomes">${listed.map(
    ([id, outcome]) =>
      html`<li>${stateBadge(outcome.state)} ${untrusted(id)} <span class="quiet">${untrusted(detailText(outcome) ?? '')}</span></li>`,
  )}${counts.map(([state, count]) => (count === 0 ? '' : html`<li>${stateBadge(state)} ${counted(count, 'endpoint')}</li>`))}</ul>`;
}
