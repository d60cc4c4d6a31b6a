/** A range of time that begins some time ago: a list of usual ones, or an exact time. */
import { html } from 'hono/html';
import { z } from 'zod';
import { after } from '../../relay/model/clock.ts';
import type { Html } from '../console-env.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const PERIODS = {
  '1h': { label: 'the last hour', ms: HOUR_MS },
  '6h': { label: 'the last 6 hours', ms: 6 * HOUR_MS },
  '1d': { label: 'the last day', ms: DAY_MS },
  '3d': { label: 'the last 3 days', ms: 3 * DAY_MS },
  '7d': { label: 'the last 7 days', ms: 7 * DAY_MS },
  '30d': { label: 'the last 30 days', ms: 30 * DAY_MS },
} as const;
type Period = keyof typeof PERIODS;

/** A browser without scripts sends the time as it is typed. Then it is a time in UTC. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?$/;

/** `from` overrides the period. */
export const sinceSchema = z.object({
  period: z.enum(['1h', '6h', '1d', '3d', '7d', '30d']).optional().catch(undefined),
  from: z
    .string()
    .regex(TIME, 'must be a time')
    .transform((text) => new Date(text.endsWith('Z') ? text : `${text}Z`))
    .optional()
    .catch(undefined),
});
export type Since = z.output<typeof sinceSchema>;

export function startOf({ period, from }: Since, now: Date, fallback: Period): Date {
  return from ?? after(now, -PERIODS[period ?? fallback].ms);
}

/** The parts of a query that keep the range on the next page. */
export function sinceQuery({ period, from }: Since): Readonly<Record<string, string | undefined>> {
  return { period, from: from?.toISOString() };
}

export function sinceFields({ period, from }: Since, fallback: Period): Html {
  return html`<div class="field"><label for="period">Received in</label>
<select id="period" name="period">${Object.entries(PERIODS).map(
    ([value, { label }]) =>
      html`<option value="${value}"${value === (period ?? fallback) ? html` selected` : ''}>${label}</option>`,
  )}</select></div>
<div class="field"><label for="from">or since <span class="quiet">(optional)</span></label>
<input id="from" name="from" type="datetime-local" step="1"${
    from === undefined
      ? ''
      : html` value="${from.toISOString().slice(0, 19)}" data-at="${from.toISOString()}"`
  } /></div>`;
}
