/** Serves the console on a port of its own, on 127.0.0.1 or over a network. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { NotPossibleError } from '../operator/errors.ts';
import { type ConsoleOptions, createConsole } from './app.ts';
import type { ConsoleEnv } from './console-env.ts';
import { newAccessToken, PASSWORD_LENGTH } from './safety/access-kinds.ts';
import { LOOPBACK_HOSTS } from './safety/loopback-hosts.ts';

export type ServeConsoleOptions = Omit<ConsoleOptions, 'access' | 'hosts'> & {
  /** 0 for a free one. */
  readonly port: number;
  /** Absent: 127.0.0.1, and access by the printed address. */
  readonly network?: ConsoleNetwork | undefined;
};

interface ConsoleNetwork {
  /** The address to listen on, such as `0.0.0.0`. */
  readonly listenOn: string;
  /** The names and addresses that browsers use, without a port. */
  readonly hosts: readonly string[];
  readonly password: string;
}

export interface ServedConsole {
  /** Opens the console. Contains the token, if access is by token. */
  readonly address: string;
  stop(): Promise<void>;
}

/** @throws NotPossibleError when the password is too short or the port is in use */
export async function serveConsole(options: ServeConsoleOptions): Promise<ServedConsole> {
  const { port, network, ...rest } = options;
  if (network !== undefined && network.password.length < PASSWORD_LENGTH)
    throw new NotPossibleError(
      `the console's password must have at least ${PASSWORD_LENGTH} characters`,
      'Set a longer one.',
    );
  const token = newAccessToken();
  const access =
    network === undefined
      ? ({ kind: 'token', token } as const)
      : ({ kind: 'password', password: network.password } as const);
  const named = (network?.hosts ?? []).map(inUrl);
  const hosts = [...LOOPBACK_HOSTS, ...named];
  const server = createServer(consoleListener(createConsole({ ...rest, access, hosts })));
  await listen(server, port, network?.listenOn ?? '127.0.0.1');
  const origin = `http://${named[0] ?? '127.0.0.1'}:${portOf(server)}/`;
  return {
    address: network === undefined ? `${origin}?token=${token}` : origin,
    stop: () => stop(server),
  };
}

/** The console as a listener of a Node server, beside other paths of that server. */
export function consoleListener(app: Hono<ConsoleEnv>): RequestListener {
  return getRequestListener(app.fetch, { overrideGlobalObjects: false });
}

/** Browsers put an IPv6 address in brackets, also into the header `Host`. */
function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

async function listen(server: Server, port: number, address: string): Promise<void> {
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new NotPossibleError(`port ${port} is in use`, 'Serve the console on another port.');
    throw error;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the console listens on no port');
  return address.port;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
