/** The report of a relay that was killed under load, as text. */
import { DOWN, IDS, type Id } from './five-endpoints.ts';
import type { KillReport } from './kill-under-load.ts';
import { duplicatesAt, outcomeAt } from './verdict.ts';

const FAILURES_SHOWN = 20;

export function reportText(report: KillReport): string {
  const { counts, accepted, kills, accountedForAfterMs, nothingOwedAfterMs, failures } = report;
  return [
    '',
    `webhooks sent           ${counts.sent}`,
    `  answered 2xx          ${accepted.length}`,
    `  not connected         ${counts.notConnected}`,
    `  without an answer     ${counts.withoutAnswer}`,
    `  refused               ${counts.refused}`,
    `kills                   ${kills}`,
    `all accounted for after ${seconds(accountedForAfterMs)}`,
    `nothing owed after      ${nothingOwedAfterMs === undefined ? '-' : seconds(nothingOwedAfterMs)}`,
    '',
    tableText([
      ['endpoint', 'ordering', ...COLUMNS],
      ...IDS.map((id) => [
        id === DOWN ? `${id} (was down)` : id,
        report.orderings[id],
        ...figuresOf(id, report),
      ]),
    ]),
    '',
    ...failures.slice(0, FAILURES_SHOWN),
    failures.length === 0
      ? 'Nothing was lost, and nothing stale came late.'
      : `${failures.length} things are wrong.`,
  ].join('\n');
}

const COLUMNS = [
  'requests',
  'answered 2xx',
  'events',
  'twice',
  'per 1,000',
  'delivered',
  'superseded',
  'other',
];

/** The last three say how what was accepted has settled, by the event log. */
function figuresOf(id: Id, { accepted, arrivals, events }: KillReport): string[] {
  const own = arrivals.filter(({ endpoint }) => endpoint === id);
  const answered = own.filter(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined);
  const duplicates = duplicatesAt(id, arrivals);
  const states = accepted.map(({ eventId }) => outcomeAt(id, events.get(eventId))?.state);
  const settledAs = (state: string) => states.filter((one) => one === state).length;
  const delivered = settledAs('delivered');
  const superseded = settledAs('superseded');
  return [
    own.length,
    answered.length,
    new Set(answered.map(({ eventId }) => eventId)).size,
    duplicates,
    Math.round((duplicates / Math.max(1, answered.length)) * 1_000),
    delivered,
    superseded,
    states.length - delivered - superseded,
  ].map(String);
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const cell = (text: string, column: number) =>
    column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
