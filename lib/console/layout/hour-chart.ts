/** Counts per hour as a chart that the page's script draws, and as a table for everyone else. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';
import { dataTable } from './data-table.ts';
import { exactTime } from './times.ts';

export interface HourChartParts {
  readonly id: string;
  readonly title: string;
  readonly hours: readonly { readonly start: Date; readonly count: number }[];
}

export function hourChart({ id, title, hours }: HourChartParts): Html {
  const data = JSON.stringify({
    label: title,
    hours: hours.map(({ start }) => start.getTime() / 1000),
    counts: hours.map(({ count }) => count),
  });
  return html`<figure class="chart" id="${id}" data-chart="${data}">
<figcaption>${title}${hours.some(({ count }) => count === 0) ? html`. <span class="silence" aria-hidden="true"></span> marks an hour without any.` : ''}</figcaption>
<div class="plot" aria-hidden="true" hx-morph-skip></div>
<details><summary>As a table</summary>${dataTable({
    caption: title,
    isCaptionHidden: true,
    columns: ['Hour', 'Count'],
    rows: hours
      .toReversed()
      .map(({ start, count }) => html`<tr><th scope="row">${exactTime(start)}</th><td>${count}</td></tr>`),
  })}</details>
</figure>`;
}
