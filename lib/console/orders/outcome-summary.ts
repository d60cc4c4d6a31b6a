/** The outcomes of an update in one line for each state: the endpoints, or how many when there are many. */
import { html } from 'hono/html';
import type { ShownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { Html } from '../console-env.ts';
import { counted } from '../layout/counts.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { untrusted } from '../layout/untrusted.ts';

/** The states that matter most come first. */
const STATES: readonly ShownState[] = ['dead', 'cancelled', 'pending', 'delivered', 'superseded', 'skipped'];
const MOST_NAMED = 3;

export function outcomeSummary({ outcomes = {}, fannedOutAt, abandonedAt }: EventRecord): Html {
  if (abandonedAt !== undefined) return html`${stateBadge('abandoned')} needs attention`;
  if (fannedOutAt === undefined) return html`<span class="quiet">not sent yet</span>`;
  const byState = Map.groupBy(Object.entries(outcomes).sort(), ([, { state }]) => state);
  if (byState.size === 0) return html`<span class="quiet">no endpoint wants it</span>`;
  return html`<ul class="outcomes">${STATES.map((state) => {
    const ids = byState.get(state)?.map(([id]) => id) ?? [];
    return ids.length === 0 ? '' : html`<li>${stateBadge(state)} ${names(ids)}</li>`;
  })}</ul>`;
}

function names(ids: readonly string[]): Html | string {
  if (ids.length > MOST_NAMED) return counted(ids.length, 'endpoint');
  return html`${ids.map((id, index) => html`${index > 0 ? ', ' : ''}${untrusted(id)}`)}`;
}
