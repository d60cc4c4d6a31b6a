/** Keeps the connections of answered requests for the next requests to the same server, for a short idle time. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Connection, elapsedMs, type Instant, instant } from './connection.ts';
import type { PostTarget } from './post-target.ts';

/** Many servers close a connection after five idle seconds. A request on a connection that closes meanwhile fails. */
const IDLE_LIMIT_MS = 4_000;
/** A server may name its own limit in `keep-alive: timeout=`. The relay closes this much earlier. */
const SERVER_LIMIT_MARGIN_MS = 1_000;
/**
 * Under load, several connections to one server are idle between two requests, and a burst takes some hundred milliseconds.
 * Only one of them stays idle for longer.
 */
const SURPLUS_LIMIT_MS = 1_000;
/** A connection that is always in use would never notice that a host name leads to other addresses, or a new certificate. */
const AGE_LIMIT_MS = 60_000;
/** A function may have 1,024 open files (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
export const MOST_IDLE_IN_FUNCTION = 200;
/** How often connections that were idle for too long are closed. None of them is used meanwhile. */
const SWEEP_MS = 250;

interface Idle {
  readonly key: string;
  readonly connection: Connection;
  readonly since: Instant;
  readonly limitMs: number;
}

/**
 * A pool must serve one address guard: a connection goes to an address that the guard checked when the connection was
 * opened. Endpoints with different TLS identities never share a connection.
 */
export class ConnectionPool {
  readonly #mostIdle: number;
  /** Longest idle first. */
  readonly #idle = new Set<Idle>();
  /** The same by target. */
  readonly #idleOf = new Map<string, Idle[]>();
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param mostIdle beyond this number, the longest idle connection makes room */
  constructor(mostIdle: number) {
    this.#mostIdle = mostIdle;
  }

  /** The target's connection that was used last, if it can still be used. */
  take({ connectionKey: key }: PostTarget): Connection | undefined {
    const idle = this.#idleOf.get(key);
    if (idle === undefined) return undefined;
    const now = instant();
    for (let last = idle.at(-1); last !== undefined; last = idle.at(-1)) {
      this.#remove(last);
      if (isUsable(last, now)) return last.connection;
      last.connection.close();
    }
    return undefined;
  }

  /** Keeps or closes a connection whose request and answer are complete. */
  keep(connection: Connection, { connectionKey: key }: PostTarget, headers: IncomingHttpHeaders): void {
    const since = instant();
    const isSurplus = this.#idleOf.has(key);
    const limitMs = Math.min(
      isSurplus ? SURPLUS_LIMIT_MS : IDLE_LIMIT_MS,
      serverLimitMs(headers['keep-alive']),
      AGE_LIMIT_MS - elapsedMs(connection.openedAt, since),
    );
    if (this.#isClosed || limitMs <= 0) {
      connection.close();
      return;
    }
    const [longestIdle] = this.#idle;
    if (this.#idle.size >= this.#mostIdle && longestIdle !== undefined) this.#discard(longestIdle);
    this.#add({ key, connection, since, limitMs });
  }

  /** Closes the target's idle connections: the next request opens a new one. */
  closeIdle({ connectionKey: key }: PostTarget): void {
    for (const idle of [...(this.#idleOf.get(key) ?? [])]) this.#discard(idle);
  }

  /** Closes all idle connections, and from now on each connection after its request. */
  close(): void {
    this.#isClosed = true;
    for (const idle of this.#idle) this.#discard(idle);
  }

  #add(idle: Idle): void {
    this.#idle.add(idle);
    const others = this.#idleOf.get(idle.key);
    if (others === undefined) this.#idleOf.set(idle.key, [idle]);
    else others.push(idle);
    this.#sweep ??= setTimeout(() => this.#closeUnusable(), SWEEP_MS).unref();
  }

  #closeUnusable(): void {
    this.#sweep = undefined;
    const now = instant();
    for (const idle of this.#idle) if (!isUsable(idle, now)) this.#discard(idle);
    if (this.#idle.size > 0) this.#sweep = setTimeout(() => this.#closeUnusable(), SWEEP_MS).unref();
  }

  #discard(idle: Idle): void {
    this.#remove(idle);
    idle.connection.close();
  }

  #remove(idle: Idle): void {
    this.#idle.delete(idle);
    const others = this.#idleOf.get(idle.key);
    if (others === undefined) return;
    if (others.at(-1) === idle) others.pop();
    else others.splice(others.indexOf(idle), 1);
    if (others.length === 0) this.#idleOf.delete(idle.key);
  }
}

/** The timer of a frozen process has not run yet, so the clocks decide. */
function isUsable({ connection, since, limitMs }: Idle, now: Instant): boolean {
  return connection.socket.writable && elapsedMs(since, now) < limitMs;
}

function serverLimitMs(keepAlive: string | string[] | undefined): number {
  if (keepAlive === undefined) return Number.POSITIVE_INFINITY;
  const seconds = /(?:^|[\s,;])timeout=(\d+)/i.exec(String(keepAlive))?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000 - SERVER_LIMIT_MARGIN_MS;
}
