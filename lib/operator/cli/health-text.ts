/** An endpoint's health as text. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { type Health, isProven } from '../../relay/health/health.ts';
import type { Colours } from './output.ts';
import { timeText } from './times.ts';

/** `ok`, `new`, `slow`, `failing` or `disabled`. */
export function healthWord(health: Health | undefined, { green, yellow, red }: Colours): string {
  const word = wordOf(health);
  switch (word) {
    case 'ok':
    case 'new':
      return green(word);
    case 'slow':
      return yellow(word);
    case 'failing':
    case 'disabled':
      return red(word);
  }
}

function wordOf(health: Health | undefined) {
  if (health === undefined) return 'new';
  if (health.state !== 'ok') return health.state;
  if (isProven(health)) return 'ok';
  return health.slowUntil === undefined ? 'new' : 'slow';
}

/** Explains the word and says what to do; undefined when the word needs no explanation. */
export function healthDetail(
  { id, state }: Pick<Endpoint, 'id' | 'state'>,
  health: Health | undefined,
  now = new Date(),
): string | undefined {
  if (health === undefined) return undefined;
  // To an endpoint that is paused or disabled, the relay sends no probes either.
  const isEnabled = state === 'enabled';
  const { reason = 'no reason was recorded', lastError = 'no answer', consecutiveFailures } = health;
  switch (health.state) {
    case 'failing':
      return isEnabled ? `${reason}; only probes are sent, ${probeText(health, now)}` : reason;
    case 'disabled':
      return `${reason}; fix the endpoint and run \`endpoints enable ${id}\``;
    case 'ok': {
      if (consecutiveFailures > 0) return `${failuresText(consecutiveFailures)} in a row: ${lastError}`;
      return isEnabled && wordOf(health) === 'slow' ? slowText(health, now) : undefined;
    }
  }
}

function slowText({ slowUntil }: Health, now: Date): string {
  const untilQuick = 'only deliver attempts it, until it answers within 2 s';
  return slowUntil === undefined || slowUntil <= now
    ? untilQuick
    : `${untilQuick}, and until ${timeText(slowUntil, now)} at least`;
}

function probeText({ retryAt }: Health, now: Date): string {
  return retryAt === undefined || retryAt <= now
    ? 'the next within a minute'
    : `the next after ${timeText(retryAt, now)}`;
}

function failuresText(count: number): string {
  return count === 1 ? '1 failure' : `${count} failures`;
}
