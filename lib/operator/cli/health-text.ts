/** An endpoint's health, for people. */
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
export function healthDetail(id: string, health: Health | undefined, now = new Date()): string | undefined {
  if (health === undefined) return undefined;
  const { reason = 'no reason was recorded', lastError = 'no answer', consecutiveFailures } = health;
  switch (health.state) {
    case 'failing':
      return `${reason}; nothing is sent but a probe, ${probeText(health, now)}`;
    case 'disabled':
      return `${reason}; after it is repaired, run \`endpoints enable ${id}\``;
    case 'ok': {
      if (consecutiveFailures > 0) return `${times(consecutiveFailures)} in a row: ${lastError}`;
      return wordOf(health) === 'slow' ? slowText(health, now) : undefined;
    }
  }
}

function slowText({ slowUntil }: Health, now: Date): string {
  const quickAgain = 'it is served apart from the others until it answers within 2 s';
  return slowUntil === undefined || slowUntil <= now
    ? quickAgain
    : `${quickAgain}, and until ${timeText(slowUntil, now)} at least`;
}

function probeText({ retryAt }: Health, now: Date): string {
  return retryAt === undefined || retryAt <= now
    ? 'the next one within a minute'
    : `the next one after ${timeText(retryAt, now)}`;
}

function times(count: number): string {
  return count === 1 ? 'it has failed once' : `it has failed ${count} times`;
}
