/** How an endpoint fares, for people: the tables' words are those of a circuit, where `closed` means that all is well. */
import { type Health, isQuick } from '../../relay/health.ts';
import type { Colours } from './output.ts';
import { timeText } from './times.ts';

/** `ok`, `new`, `slow`, `failing`, `open`, `recovering` or `disabled`. */
export function healthWord(health: Health | undefined, { green, yellow, red }: Colours): string {
  const word = wordOf(health);
  switch (word) {
    case 'ok':
    case 'new':
      return green(word);
    case 'slow':
    case 'failing':
    case 'recovering':
      return yellow(word);
    case 'open':
    case 'disabled':
      return red(word);
  }
}

function wordOf(health: Health | undefined) {
  if (health === undefined) return 'new';
  if (health.state !== 'closed') return health.state;
  if (health.consecutiveFailures > 0) return 'failing';
  if (isQuick(health)) return 'ok';
  return health.slowUntil === undefined ? 'new' : 'slow';
}

/** What the word means just now, and what there is to do; undefined when it says all there is to say. */
export function healthDetail(id: string, health: Health | undefined, now = new Date()): string | undefined {
  const word = wordOf(health);
  if (health === undefined || word === 'ok') return undefined;
  const { reason = 'for no reason that was written down', lastError = 'no answer' } = health;
  switch (word) {
    case 'new':
      return undefined;
    case 'slow':
      return slowText(health, now);
    case 'failing':
      return `${times(health.consecutiveFailures)} in a row: ${lastError}`;
    case 'open':
      return `${reason}; nothing is sent but a probe, ${probeText(health, now)}`;
    case 'recovering':
      return `${reason}; it gets what it missed, ${paceText(health)}`;
    case 'disabled':
      return `${reason}; when it is mended, \`endpoints enable ${id}\``;
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

function paceText({ wakesPerMinute = 10 }: Health): string {
  return `${wakesPerMinute} in this minute and twice as many in each that follows`;
}

function times(count: number): string {
  return count === 1 ? 'it has failed once' : `it has failed ${count} times`;
}
