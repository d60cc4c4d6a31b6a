/** The status of one endpoint as some lines of text. */
import type { EndpointStatus } from '../status/endpoint-status.ts';
import { countText } from './count-text.ts';
import { attemptText } from './event-text.ts';
import type { Colours } from './output.ts';
import { indent, shortened } from './table.ts';
import { durationText, timeText } from './times.ts';

/** With two indents the line has 80 columns. */
const LINE_LENGTH = 76;

export function endpointStatusLines(endpoint: EndpointStatus, colours: Colours, now: Date): string[] {
  const { id, state, since, reason } = endpoint;
  const from = since === undefined ? '' : ` since ${timeText(since, now)}`;
  const details = [
    ...(reason === undefined ? [] : [reason]),
    ...answerLines(endpoint, now),
    ...waitingLines(endpoint, now),
    ...sampleLines(endpoint),
  ];
  return [
    `${colours.bold(id)}  ${stateWord(state, colours)}${from}`,
    ...details.map((line) => indent(shortened(line, LINE_LENGTH))),
  ];
}

/** For a label under the lists: what shares and times cover. */
export function shareText(webhooks: number, since: Date, now: Date): string {
  const covered = webhooks === 1 ? 'newest webhook' : `newest ${webhooks} webhooks`;
  return `Shares and times are of the ${covered}, since ${timeText(since, now)}.`;
}

function stateWord(state: EndpointStatus['state'], { green, yellow, red }: Colours): string {
  switch (state) {
    case 'ok':
    case 'new':
      return green(state);
    case 'slow':
    case 'recovering':
    case 'paused':
      return yellow(state);
    case 'failing':
    case 'refusing':
    case 'disabled':
    case 'invalid':
    case 'removed':
      return red(state);
  }
}

function answerLines({ state, health, lastAttempt }: EndpointStatus, now: Date): string[] {
  const success = health?.lastSuccessAt;
  const lines = success === undefined ? [] : [`last success ${timeText(success, now)}`];
  const answer = health?.lastAnswer;
  const isWell = state === 'ok' || state === 'new';
  if (lastAttempt !== undefined && (answer?.at === undefined || lastAttempt.at >= answer.at)) {
    const text = lastAttempt.answer ? `: ${lastAttempt.answer}` : '';
    lines.push(`last answer ${attemptText(lastAttempt)} at ${timeText(lastAttempt.at, now)}${text}`);
  } else if (!isWell && answer !== undefined) {
    const at = answer.at === undefined ? '' : ` at ${timeText(answer.at, now)}`;
    lines.push(`last answer ${answer.answer}${at}`);
  }
  const nextAt = state === 'failing' ? health?.probes?.nextAt : undefined;
  if (nextAt !== undefined)
    lines.push(`next probe ${nextAt > now ? timeText(nextAt, now) : 'within a minute'}`);
  return lines;
}

function waitingLines({ waiting, oldestWaitingSince, dead, cancelled }: EndpointStatus, now: Date): string[] {
  const age =
    oldestWaitingSince === undefined
      ? ''
      : `, the oldest for ${durationText(now.getTime() - oldestWaitingSince.getTime())}`;
  const parts = [
    ...(waiting.count > 0 ? [`${countText(waiting)} waiting${age}`] : []),
    ...(dead.count > 0 ? [`${countText(dead)} dead`] : []),
    ...(cancelled.count > 0 ? [`${countText(cancelled)} cancelled`] : []),
  ];
  return parts.length === 0 ? [] : [parts.join('; ')];
}

function sampleLines({ sample }: EndpointStatus): string[] {
  const { deliveredShare, timeToDeliver } = sample;
  if (deliveredShare === undefined) return [];
  // 99.96 % must not look like all.
  const percent = Math.floor(deliveredShare * 1000) / 10;
  const times =
    timeToDeliver === undefined
      ? ''
      : `, p50 ${durationText(timeToDeliver.p50Ms)}, p99 ${durationText(timeToDeliver.p99Ms)}`;
  return [`delivered ${percent} %${times}`];
}
