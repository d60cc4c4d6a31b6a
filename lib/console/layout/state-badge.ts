/** A state as a word with a sign. The colour only repeats them. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

/** States of endpoints, of deliveries and of the Hub. */
export type ShownWord =
  | 'ok'
  | 'new'
  | 'slow'
  | 'failing'
  | 'recovering'
  | 'refusing'
  | 'paused'
  | 'disabled'
  | 'invalid'
  | 'silent'
  | 'delivered'
  | 'pending'
  | 'dead'
  | 'cancelled'
  | 'superseded'
  | 'skipped'
  | 'abandoned'
  | 'quarantined'
  | 'removed';

type Tone = 'good' | 'warn' | 'bad' | 'neutral';

const TONES: Readonly<Record<ShownWord, Tone>> = {
  ok: 'good',
  delivered: 'good',
  new: 'neutral',
  superseded: 'neutral',
  skipped: 'neutral',
  removed: 'neutral',
  paused: 'neutral',
  slow: 'warn',
  recovering: 'warn',
  pending: 'warn',
  silent: 'warn',
  quarantined: 'warn',
  cancelled: 'warn',
  disabled: 'bad',
  failing: 'bad',
  refusing: 'bad',
  invalid: 'bad',
  dead: 'bad',
  abandoned: 'bad',
};

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', warn: '◐', bad: '!', neutral: '–' };

export function toneOf(word: ShownWord): Tone {
  return TONES[word];
}

export function stateBadge(word: ShownWord): Html {
  const tone = TONES[word];
  return html`<span class="badge ${tone}"><span aria-hidden="true">${SIGNS[tone]}</span> ${word}</span>`;
}
