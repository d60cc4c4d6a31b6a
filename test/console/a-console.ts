/** The console over a whole relay in memory. */
import { onTestFinished } from 'vitest';
import { type ConsoleOptions, createConsole } from '../../lib/console/app.ts';
import { LOOPBACK_HOSTS } from '../../lib/console/safety/loopback-hosts.ts';
import {
  type ServeConsoleOptions,
  type ServedConsole,
  serveConsole,
} from '../../lib/console/serve-console.ts';
import type { Connection } from '../../lib/operator/connection.ts';
import { MemoryDeadLetters } from '../memory/dead-letters.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { aRelay } from '../relay/a-relay.ts';

export const CONSOLE_TOKEN = 'console-token'.padEnd(43, '-');

export type MemoryRelay = ReturnType<typeof aRelay>;

export function connectionTo(relay: MemoryRelay, title = 'the relay in memory'): Connection {
  const { clock, telemetry, configTable, config, eventLog, eventQueue, deliveryQueue, expressions } = relay;
  const deadLetters = { events: new MemoryDeadLetters(clock), deliveries: new MemoryDeadLetters(clock) };
  return {
    relay: { title, webhookBaseAddress: 'https://relay.example/webhooks/' },
    ...{ clock, telemetry, configTable, config, eventLog },
    configWriter: configTable,
    eventReader: new MemoryEventReader(eventLog),
    eventWriter: eventLog,
    eventEraser: eventLog,
    openExpressions: () => Object.assign(expressions, { close: () => {} }),
    queues: async () => ({ eventQueue, deliveryQueue, deadLetters }),
    close: () => {},
  };
}

/** The console as a fetch handler, with a session. */
export function aConsole(relay: MemoryRelay = aRelay(), options: Partial<ConsoleOptions> = {}) {
  const app = createConsole({
    connection: connectionTo(relay),
    access: { kind: 'token', token: CONSOLE_TOKEN },
    hosts: LOOPBACK_HOSTS,
    ...options,
  });
  const request = (path: string, init: RequestInit = {}) =>
    app.request(`http://127.0.0.1:8788${path}`, {
      ...init,
      headers: { host: '127.0.0.1:8788', ...init.headers },
    });
  return {
    request,
    /** Opens the printed address, and gives the cookie of the session. */
    async signIn(): Promise<string> {
      const answer = await request(`/?token=${CONSOLE_TOKEN}`);
      return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    },
  };
}

/** The console on a port of its own, for a browser; stopped when the test ends. */
export async function aServedConsole(
  relay: MemoryRelay,
  options: Partial<ServeConsoleOptions> = {},
): Promise<ServedConsole> {
  const served = await serveConsole({ connection: connectionTo(relay), port: 0, pollSeconds: 1, ...options });
  onTestFinished(() => served.stop());
  return served;
}
