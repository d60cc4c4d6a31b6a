/** The console that `npm start` serves beside the webhooks, on the relay's own port. */
import { networkInterfaces } from 'node:os';
import {
  readConsoleAddress,
  removeConsoleAddress,
  saveConsoleAddress,
} from '../lib/connect/console-address.ts';
import { type Access, newAccessToken } from '../lib/console/safety/access-kinds.ts';
import { LOOPBACK_HOSTS } from '../lib/console/safety/loopback-hosts.ts';
import { isLoopbackHost } from '../lib/node/http/loopback.ts';
import type { RequestHandler } from '../lib/server/http/http-front.ts';
import type { RunningRelay } from '../lib/server/relay-server.ts';

export interface ConsoleSettings {
  readonly dataDir: string;
  /** The address that the relay listens on. */
  readonly host: string;
  readonly publicUrl?: string | undefined;
  /** The password that the operator set. Without one, the token in the printed address opens the console. */
  readonly password?: string | undefined;
  readonly silenceHours: number;
}

export interface ConsoleBesideRelay {
  readonly handler: (relay: RunningRelay) => RequestHandler;
  /** Saves the address for `open`, and returns it. */
  saveAddress(relayUrl: string): Promise<string>;
}

export function consoleBesideRelay(settings: ConsoleSettings): ConsoleBesideRelay {
  const { dataDir, password, silenceHours } = settings;
  const access: Access =
    password === undefined ? { kind: 'token', token: tokenFor(dataDir) } : { kind: 'password', password };
  const hosts = hostsOf(settings);
  return {
    handler: (relay) => {
      let listener: Promise<RequestHandler> | undefined;
      return async (request, response) => {
        // Loaded by the first visit: most relays run for days without one, and it takes memory.
        listener ??= import('./console-listener.ts').then(({ consoleListenerOn }) =>
          consoleListenerOn(relay, { dataDir, silenceHours, access, hosts }),
        );
        await (await listener)(request, response);
      };
    },
    async saveAddress(relayUrl) {
      const address = access.kind === 'token' ? `${relayUrl}/?token=${access.token}` : `${relayUrl}/`;
      await saveConsoleAddress(dataDir, address);
      return address;
    },
  };
}

/** Nobody serves a console of this relay: `open` must not find the address of an earlier start. */
export function withoutConsole(dataDir: string): void {
  removeConsoleAddress(dataDir);
}

/** Other machines can reach the address. */
export function isOnNetwork(host: string): boolean {
  return !isLoopbackHost(inUrl(host));
}

function tokenFor(dataDir: string): string {
  return /\?token=([\w-]{43})$/.exec(readConsoleAddress(dataDir) ?? '')?.[1] ?? newAccessToken();
}

/** The token is for browsers of this machine only. Those of a network need the password. */
function hostsOf({ host, publicUrl, password }: ConsoleSettings): string[] {
  if (password === undefined) return [...LOOPBACK_HOSTS];
  const own = host === '0.0.0.0' || host === '::' ? addressesOfThisMachine() : [inUrl(host)];
  return [...LOOPBACK_HOSTS, ...own, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])];
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => inUrl(address)),
  );
}

function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
