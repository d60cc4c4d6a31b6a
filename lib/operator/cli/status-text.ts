/** The status of a relay as text, in lines of at most 80 columns. */
import type { RelayStatus } from '../status/relay-status.ts';
import { attentionLines } from './attention-text.ts';
import { plural } from './delivery-text.ts';
import { endpointStatusLines, shareText } from './endpoint-status-text.ts';
import type { Colours } from './output.ts';
import { durationText, timeText } from './times.ts';

const BARS = '▁▂▃▄▅▆▇█';
const INDENT = '  ';

export function statusText(status: RelayStatus, title: string, colours: Colours): string {
  const { at, endpoints, sample } = status;
  const attention = attentionLines(status);
  return [
    colours.bold(`Status of ${title} at ${timeText(at, at)}`),
    ...hubLines(status, colours).map((line) => INDENT + line),
    '',
    colours.bold('Endpoints'),
    ...(endpoints.length === 0
      ? [`${INDENT}None. \`endpoints add --id erp --url https://erp.example.com/hooks\` adds one.`]
      : []),
    ...endpoints.flatMap((endpoint) =>
      endpointStatusLines(endpoint, colours, at).map((line) => INDENT + line),
    ),
    ...(sample.since === undefined || endpoints.length === 0
      ? []
      : [INDENT + colours.dim(shareText(sample.webhooks, sample.since, at))]),
    '',
    colours.bold('Needs attention'),
    ...(attention.length === 0 ? [`${INDENT}Nothing.`] : attention.map((line) => INDENT + line)),
  ].join('\n');
}

function hubLines({ at, hub }: RelayStatus, colours: Colours): string[] {
  const { lastDay } = hub;
  const { count, today, countedSince, isMore, hours } = lastDay;
  const most = Math.max(...hours.map((hour) => hour.count));
  const total = isMore
    ? `${count.toLocaleString('en')}+ webhooks, counted back to ${timeText(countedSince, at)}`
    : `${plural(count, 'webhook')} in 24 hours, ${today.toLocaleString('en')} of them today`;
  return [
    aliveText(hub, at, colours),
    total,
    ...(most === 0
      ? []
      : [
          `${hours.map((hour) => barOf(hour.count, most)).join('')}  ${colours.dim(chartText(hours, most, at))}`,
        ]),
    ...(hub.sources.length > 1 ? hub.sources.map((source) => sourceText(source, at)) : []),
  ];
}

function aliveText({ lastWebhook, silence }: RelayStatus['hub'], at: Date, colours: Colours): string {
  if (lastWebhook === undefined) return colours.yellow('No webhook has arrived in 30 days.');
  const ago = durationText(Math.max(0, at.getTime() - lastWebhook.at.getTime()));
  const last = `last webhook ${timeText(lastWebhook.at, at)} (${ago} ago), source ${lastWebhook.source}`;
  if (silence.state === 'silent') return `${colours.red('silent')}: ${last}, limit ${silence.limitHours} h`;
  return silence.limitHours === undefined ? last : `${colours.green('alive')}: ${last}`;
}

function barOf(count: number, most: number): string {
  if (count === 0) return '·';
  return BARS.charAt(Math.ceil((count / most) * BARS.length) - 1);
}

function chartText(hours: RelayStatus['hub']['lastDay']['hours'], most: number, at: Date): string {
  const [first] = hours;
  return first === undefined ? '' : `per hour since ${timeText(first.start, at)}, at most ${most}`;
}

function sourceText({ id, enabled, lastWebhook }: RelayStatus['hub']['sources'][number], at: Date): string {
  const last =
    lastWebhook === undefined
      ? 'none of the webhooks that were read'
      : `last webhook ${timeText(lastWebhook.at, at)}`;
  return `source ${id}${enabled ? '' : ' (disabled)'}: ${last}`;
}
