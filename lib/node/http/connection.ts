/** One connection to a server. It serves one request at a time. */
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from './address-guard.ts';
import type { PostTarget } from './post-target.ts';

/**
 * Node gives each address of a name 250 ms to connect, except the last one
 * (https://nodejs.org/api/net.html#netsetdefaultautoselectfamilyattempttimeouttimeout). A far server may need longer, and
 * a lost packet costs a second. A quarter of the attempt's time leaves time for three other addresses.
 */
const ADDRESSES = 4;
/** The kernel checks this long after the last byte whether the server is still there. */
const KEEP_ALIVE_PROBE_MS = 1_000;

/** Receives what happens on a connection while a request uses it. */
export interface ConnectionListener {
  readonly onReceived: (bytes: number) => void;
  readonly onClose: () => void;
}

/** The server closed the connection. The code is Node's own. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  readonly code = 'ECONNRESET';
}

/** Wall clock and monotonic clock. In a frozen process, either may have stood still. */
export interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export class Connection {
  readonly socket: Socket;
  readonly openedAt = instant();
  /** It has served a request before. */
  isReused = false;
  #listener: ConnectionListener | undefined;

  constructor(socket: Socket) {
    // An idle connection does not keep the process running. The timer of a request's deadline does.
    this.socket = socket.unref();
    // The listeners stay for the life of the connection: to add and remove them costs more than a request's own work.
    socket.on('error', () => {});
    socket.once('close', () => this.#listener?.onClose());
  }

  /** Resolves when a request can be sent. Rejects when the connection closes before that. */
  opened(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new ConnectionClosedError()));
    });
  }

  /** Call it once the request has the socket: bytes that were received before are for the request. */
  begin(listener: ConnectionListener): void {
    this.#listener = listener;
    if (this.isReused) return;
    this.socket.on('data', ({ length }) => {
      // Bytes that nobody asked for would be read as the next answer.
      if (this.#listener === undefined) this.close();
      else this.#listener.onReceived(length);
    });
  }

  /** The request has ended. The next one reuses the connection. */
  end(): void {
    this.#listener = undefined;
    this.isReused = true;
  }

  close(): void {
    this.socket.destroy();
  }
}

/**
 * Connects only to addresses that the guard checked, and ignores settings of the environment.
 *
 * @param timeoutMs the time of the whole attempt
 * @throws AddressRefusedError
 */
export function openConnection(guard: AddressGuard, target: PostTarget, timeoutMs: number): Connection {
  const { protocol, hostname, port, tls } = target;
  guard.checkHost(hostname, target);
  const options = {
    host: hostname,
    port,
    lookup: guard.lookupFor({ protocol, port }),
    // Node wants an integer of at least 10.
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor(timeoutMs / ADDRESSES)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
  };
  if (protocol !== 'https:') return new Connection(connect(options));
  return new Connection(connectTls({ ...options, ...tlsOptions(hostname, tls) }));
}

/** No session is cached, so each connection has a full handshake and the server's certificate is verified again. */
function tlsOptions(hostname: string, { certificate, key, ca }: TlsIdentity = {}): ConnectionOptions {
  return {
    // An address is no server name (RFC 6066, section 3).
    servername: isIP(hostname) === 0 ? hostname : '',
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // An explicit value, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment has no effect.
    rejectUnauthorized: true,
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    // The authority may be an intermediate one, or the server's own self-signed certificate.
    ...(ca !== undefined && { ca, allowPartialTrustChain: true }),
  };
}

export function instant(): Instant {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** Infinite when the wall clock was set back: then nobody knows. */
export function elapsedMs(since: Instant, now: Instant): number {
  const wallMs = now.wallMs - since.wallMs;
  return wallMs < 0 ? Number.POSITIVE_INFINITY : Math.max(wallMs, now.monotonicMs - since.monotonicMs);
}
