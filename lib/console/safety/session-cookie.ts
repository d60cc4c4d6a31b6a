/**
 * A session is a signed cookie: its end, a random part, and the signature of both. The server stores nothing. The key
 * comes from the access token, or is new at each start.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import type { Clock } from '../../relay/model/clock.ts';
import type { ConsoleContext } from '../console-env.ts';
import { isSameText } from './same-text.ts';

const SESSION_HOURS = 12;
const SESSION_MS = SESSION_HOURS * 60 * 60_000;

export class SessionCookie {
  readonly #key: Buffer;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(key: Buffer, clock: Pick<Clock, 'now'>) {
    this.#key = key;
    this.#clock = clock;
  }

  start(c: ConsoleContext): void {
    const content = `${this.#clock.now().getTime() + SESSION_MS}.${randomBytes(16).toString('base64url')}`;
    this.#set(c, `${content}.${this.#sign(content)}`, SESSION_MS / 1000);
  }

  end(c: ConsoleContext): void {
    this.#set(c, '', 0);
  }

  isSignedIn(c: ConsoleContext): boolean {
    return this.#valid(c) !== undefined;
  }

  /** The token in the forms of this session; undefined without a session. */
  formToken(c: ConsoleContext): string | undefined {
    const cookie = this.#valid(c);
    return cookie && this.#sign(`form ${cookie}`);
  }

  #valid(c: ConsoleContext): string | undefined {
    const cookie = getCookie(c, nameOf(c));
    const [, content, endsAt, signature] = /^((\d+)\.[\w-]+)\.([\w-]+)$/.exec(cookie ?? '') ?? [];
    if (content === undefined || signature === undefined) return undefined;
    if (!isSameText(signature, this.#sign(content))) return undefined;
    return Number(endsAt) > this.#clock.now().getTime() ? cookie : undefined;
  }

  #set(c: ConsoleContext, value: string, maxAge: number): void {
    const secure = c.req.header('x-forwarded-proto') === 'https';
    setCookie(c, nameOf(c), value, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge, secure });
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}

/** Cookies do not distinguish ports: two consoles on one machine need two names. */
function nameOf(c: ConsoleContext): string {
  return `relay-console-${/:(\d+)$/.exec(c.req.header('host') ?? '')?.[1] ?? 'default'}`;
}
