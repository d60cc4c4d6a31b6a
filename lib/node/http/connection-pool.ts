/** Keeps the connections of answered requests for the next requests to the same server, for a short idle time. */
import type { Agent, IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import { Agent as HttpAgent } from './node-http.ts';

/** Many servers close a connection after five idle seconds. A request on a connection that closes meanwhile fails. */
const IDLE_LIMIT_MS = 4_000;
/** A server may name its own limit in `keep-alive: timeout=`. The relay closes this much earlier. */
const SERVER_LIMIT_MARGIN_MS = 1_000;
/**
 * Under load, several connections to one server are idle for moments between two requests. Only one of them stays idle
 * for longer.
 */
const SURPLUS_LIMIT_MS = 100;
/** A connection that is always in use would never notice that a host name leads to other addresses, or a new certificate. */
const AGE_LIMIT_MS = 60_000;
/** A function may have 1,024 open files. */
const MOST_IDLE = 200;

export interface PoolTarget {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
  readonly tls?: TlsIdentity | undefined;
}

/** Wall clock and monotonic clock. In a frozen process, either may have stood still. */
interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

interface Idle {
  readonly since: Instant;
  readonly limitMs: number;
  readonly bytesRead: number;
}

/**
 * A pool must serve one address guard: a connection goes to an address that the guard checked when the connection was
 * opened. Endpoints with different TLS identities never share a connection.
 */
export class ConnectionPool {
  /** Node's agents assign the requests. Each has the connections of one target. */
  readonly #agents = new Map<string, Agent>();
  /** The idle connections of all targets, longest idle first. */
  readonly #idle = new Map<Socket, Idle>();
  readonly #firstAnswerAt = new WeakMap<Socket, Instant>();
  readonly #serverLimitMs = new WeakMap<Socket, number>();
  #isClosed = false;

  /** The agent for a request to the target. Its idle connections can be used now. */
  agentFor(target: PoolTarget): Agent {
    const key = keyOf(target);
    const agent = this.#agents.get(key) ?? this.#newAgent(key, target.protocol);
    for (const socket of idleSocketsOf(agent)) if (!this.#isUsable(socket)) this.#discard(socket);
    return agent;
  }

  /** Closes the target's idle connections: the next request opens a new one. */
  closeIdle(target: PoolTarget): void {
    const agent = this.#agents.get(keyOf(target));
    if (agent !== undefined) for (const socket of idleSocketsOf(agent)) this.#discard(socket);
  }

  /** Notes how long the server keeps the connection of this answer open. */
  noteAnswer(socket: Socket, headers: IncomingHttpHeaders): void {
    const seconds = /(?:^|[\s,;])timeout=(\d+)/i.exec(String(headers['keep-alive'] ?? ''))?.[1];
    if (seconds === undefined) this.#serverLimitMs.delete(socket);
    else this.#serverLimitMs.set(socket, Number(seconds) * 1000 - SERVER_LIMIT_MARGIN_MS);
  }

  /** Closes all idle connections, and from now on each connection after its request. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#idle.keys()) this.#discard(socket);
  }

  #newAgent(key: string, protocol: string): Agent {
    for (const [unused, agent] of this.#agents) if (isUnused(agent)) this.#agents.delete(unused);
    // Each connection has a full handshake, so that the server's certificate is verified again. Node limits the idle
    // connections of an agent to 256, and the pool to fewer.
    const options = { keepAlive: true, maxCachedSessions: 0 };
    const agent = protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
    const { reuseSocket } = agent;
    agent.keepSocketAlive = (stream) => stream instanceof Socket && this.#keep(agent, stream);
    agent.reuseSocket = (stream, request) => {
      if (stream instanceof Socket) {
        this.#idle.delete(stream);
        stream.setTimeout(0);
      }
      reuseSocket.call(agent, stream, request);
    };
    this.#agents.set(key, agent);
    return agent;
  }

  /** Called when a request has ended. False closes the connection. */
  #keep(agent: Agent, socket: Socket): boolean {
    const since = instant();
    const firstAnswerAt = this.#firstAnswerAt.get(socket) ?? since;
    if (firstAnswerAt === since) {
      this.#firstAnswerAt.set(socket, since);
      socket.once('close', () => this.#idle.delete(socket));
    }
    const isSurplus = idleSocketsOf(agent).some((other) => this.#idle.has(other));
    const limitMs = Math.min(
      isSurplus ? SURPLUS_LIMIT_MS : IDLE_LIMIT_MS,
      this.#serverLimitMs.get(socket) ?? IDLE_LIMIT_MS,
      AGE_LIMIT_MS - elapsedMs(firstAnswerAt),
    );
    if (this.#isClosed || limitMs <= 0) return false;
    const [longestIdle] = this.#idle.keys();
    if (this.#idle.size >= MOST_IDLE && longestIdle !== undefined) this.#discard(longestIdle);
    this.#idle.set(socket, { since, limitMs, bytesRead: socket.bytesRead });
    // The agent closes an idle connection after its timeout. Neither keeps the process running.
    socket.setTimeout(limitMs);
    socket.unref();
    return true;
  }

  #discard(socket: Socket): void {
    this.#idle.delete(socket);
    socket.destroy();
  }

  /** The timer of a frozen process has not run yet. Bytes that nobody asked for would be read as the next answer. */
  #isUsable(socket: Socket): boolean {
    const idle = this.#idle.get(socket);
    return idle !== undefined && elapsedMs(idle.since) < idle.limitMs && socket.bytesRead === idle.bytesRead;
  }
}

function keyOf({ protocol, hostname, port, tls }: PoolTarget): string {
  const target = `${protocol}//${hostname}:${port}`;
  return tls === undefined ? target : JSON.stringify([target, tls.certificate, tls.key, tls.ca]);
}

function idleSocketsOf({ freeSockets }: Agent): readonly Socket[] {
  const idle: Socket[] = [];
  for (const sockets of Object.values(freeSockets)) if (sockets !== undefined) idle.push(...sockets);
  return idle;
}

function isUnused({ sockets, freeSockets, requests }: Agent): boolean {
  return [sockets, freeSockets, requests].every((some) => Object.keys(some).length === 0);
}

function instant(): Instant {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** Infinite when the wall clock was set back: then nobody knows. */
function elapsedMs(since: Instant): number {
  const wallMs = Date.now() - since.wallMs;
  return wallMs < 0 ? Number.POSITIVE_INFINITY : Math.max(wallMs, performance.now() - since.monotonicMs);
}
