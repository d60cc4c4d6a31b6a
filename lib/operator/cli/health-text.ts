/** An endpoint's health as text. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Health } from '../../relay/health/health.ts';
import { describeHealth, type EndpointHealth, healthWordOf } from '../endpoints/endpoint-health.ts';
import type { Colours } from './output.ts';
import { timeText } from './times.ts';

export function healthWord(health: Health | undefined, { green, yellow, red }: Colours): string {
  const word = healthWordOf(health);
  switch (word) {
    case 'ok':
    case 'new':
      return green(word);
    case 'slow':
    case 'recovering':
      return yellow(word);
    case 'failing':
    case 'refusing':
    case 'disabled':
      return red(word);
  }
}

/** Explains the word and says what to do; undefined when the word needs no explanation. */
export function healthDetail(
  { id, state }: Pick<Endpoint, 'id' | 'state'>,
  health: Health | undefined,
  now = new Date(),
): string | undefined {
  if (health === undefined) return undefined;
  const described = describeHealth(health);
  // To an endpoint that is paused or disabled, the relay sends no probes either.
  const isEnabled = state === 'enabled';
  const { reason = 'no reason was recorded', consecutiveFailures } = described;
  switch (described.state) {
    case 'failing':
      return [
        ...failingText(described, now),
        ...(isEnabled ? [`next probe ${probeText(described, now)}`] : []),
      ].join(', ');
    case 'refusing':
      return `${refusalsText(described, now)}; fix the endpoint or its credentials, then run \`endpoints enable ${id}\``;
    case 'disabled':
      return `${reason}; fix the endpoint and run \`endpoints enable ${id}\``;
    case 'recovering':
      return isEnabled ? 'the deliveries that waited are sent now' : undefined;
    case 'new':
    case 'ok':
    case 'slow': {
      if (consecutiveFailures > 0) return failuresText(described);
      if (described.refusals !== undefined) return refusalsText(described, now);
      return isEnabled && described.state === 'slow' ? slowText(described, now) : undefined;
    }
  }
}

/** The failures and refusals that an operator clears: `disabled: it answered 410`, `3 failures in a row, last answer 503`. */
export function clearedHealthText(health: Health, now = new Date()): string {
  const described = describeHealth(health);
  const { state, reason, refusals } = described;
  if (reason !== undefined) return `${state}: ${reason}`;
  return refusals === undefined ? failuresText(described) : refusalsText(described, now);
}

/** The last success and the last answer, each with its name. */
export function lastAnswerRows(health: Health, now = new Date()): string[][] {
  const { lastSuccessAt, lastAnswer } = describeHealth(health);
  const at = lastAnswer?.at === undefined ? '' : ` at ${timeText(lastAnswer.at, now)}`;
  return [
    ...(lastSuccessAt === undefined
      ? []
      : [['last success', `${timeText(lastSuccessAt, now)}, recorded once in five minutes`]]),
    ...(lastAnswer === undefined ? [] : [['last answer', `${lastAnswer.answer}${at}`]]),
  ];
}

/** `failing since 10:02, 14 failed probes, last answer 503`. */
function failingText({ failingSince, reason, probes, ...health }: EndpointHealth, now: Date): string[] {
  const failed = probes?.failed ?? 0;
  return [
    ...(failingSince === undefined ? [] : [`failing since ${timeText(failingSince, now)}`]),
    ...(failed > 0
      ? [counted(failed, 'failed probe'), ...answerText(health)]
      : [reason ?? 'no reason was recorded']),
  ];
}

/** `14 orders refused in a row since 10:02, last answer 401`. */
function refusalsText({ refusals, ...health }: EndpointHealth, now: Date): string {
  const { orders, orMore, since } = refusals ?? { orders: 0, orMore: false, since: undefined };
  const refused = `${counted(orders, 'order')}${orMore ? ' or more' : ''} refused in a row`;
  return [
    since === undefined ? refused : `${refused} since ${timeText(since, now)}`,
    ...answerText(health),
  ].join(', ');
}

/** `3 failures in a row, last answer 503`. */
function failuresText({ consecutiveFailures, ...health }: EndpointHealth): string {
  return [`${counted(consecutiveFailures, 'failure')} in a row`, ...answerText(health)].join(', ');
}

function answerText({ lastAnswer }: Pick<EndpointHealth, 'lastAnswer'>): string[] {
  return lastAnswer === undefined ? [] : [`last answer ${lastAnswer.answer}`];
}

function slowText({ slowUntil }: EndpointHealth, now: Date): string {
  const untilQuick = 'only deliver attempts it, until it answers within 2 s';
  return slowUntil === undefined || slowUntil <= now
    ? untilQuick
    : `${untilQuick}, and until ${timeText(slowUntil, now)} at least`;
}

/** Sweep starts a probe within a minute after its time. */
function probeText({ probes }: EndpointHealth, now: Date): string {
  const nextAt = probes?.nextAt;
  return nextAt === undefined || nextAt <= now ? 'within a minute' : `about ${timeText(nextAt, now)}`;
}

function counted(count: number, thing: string): string {
  return count === 1 ? `1 ${thing}` : `${count} ${thing}s`;
}
