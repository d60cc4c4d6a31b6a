/** The runs of the console with their progress. A run goes on when the page is closed or loaded again. */
import { html } from 'hono/html';
import { printableText } from '../../relay/model/printable.ts';
import type { ConsoleApp, Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { counted, grouped } from '../layout/counts.ts';
import { liveRegion } from '../layout/live-region.ts';
import { timeAgo } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { type BulkJob, type BulkJobs, isActive, type JobState } from './bulk-jobs.ts';

const PATH = '/runs';

export function mountRuns(app: ConsoleApp, jobs: BulkJobs): void {
  app.get(PATH, (c) => c.html(list(c.var.view, jobs)));
  app.post(`${PATH}/:id/stop`, (c) => c.redirect(jobs.stop(c.req.param('id')).page, 303));
}

/** Asks for news every second: that reads nothing of the relay. */
export function runList(view: View, jobs: BulkJobs): Html {
  return liveRegion(view, { id: 'runs', path: PATH, everySeconds: 1, content: list(view, jobs) });
}

function list(view: View, jobs: BulkJobs): Html {
  const all = jobs.all();
  if (all.length === 0) return html``;
  return html`<section aria-labelledby="runs-heading"><h2 id="runs-heading">Runs</h2>
<ul class="runs">${all.map((job) => html`<li class="card" id="run-${job.id}">${run(view, job)}</li>`)}</ul>
<p class="quiet">A run goes on when you close this page. It ends with the console.</p></section>`;
}

const STATES: Readonly<Record<JobState, { readonly tone: string; readonly sign: string }>> = {
  running: { tone: 'warn', sign: '◐' },
  stopping: { tone: 'warn', sign: '◐' },
  stopped: { tone: 'neutral', sign: '–' },
  done: { tone: 'good', sign: '✓' },
  failed: { tone: 'bad', sign: '!' },
};

function run(view: View, job: BulkJob): Html {
  const { id, title, state, startedAt, progress, result } = job;
  const { tone, sign } = STATES[state];
  const stop = actionForm(view, { action: `${PATH}/${id}/stop`, label: 'Stop' });
  return html`<div class="head"><h3>${untrusted(title)}</h3><span class="badge ${tone}"><span aria-hidden="true">${sign}</span> ${state}</span></div>
${isActive(job) ? bar(job) : ''}
<p>${amount(job)}. <span class="quiet">Started ${timeAgo(startedAt, view.now)}.</span></p>
${isActive(job) && job.processed === 0 && progress !== undefined ? html`<p class="quiet">${untrusted(progress)}</p>` : ''}
${result === undefined ? '' : html`<p>${untrusted(result)}</p>`}
${state === 'failed' && job.processed > 0 ? html`<p>What was done before stays done. Start it again to go on with the rest.</p>` : ''}
${state === 'running' ? stop : ''}
${isActive(job) ? '' : html`<p><a href="${job.page}">Show what is left</a></p>`}`;
}

/** Without an exact total, the bar only moves. */
function bar({ title, total, processed }: BulkJob): Html {
  const label = html` aria-label="${printableText(title)}"`;
  if (total === undefined || total.isMore || total.count === 0) return html`<progress${label}></progress>`;
  return html`<progress${label} max="${total.count}" value="${Math.min(processed, total.count)}"></progress>`;
}

function amount({ total, processed }: BulkJob): string {
  return total === undefined
    ? `${grouped(processed)} processed`
    : `${grouped(processed)} of ${counted(total, 'row')} processed`;
}
