/** Starts and stops a server of this machine. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { aborted } from '../aborted.ts';

/** The port is in use. The message says what to do. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
}

/** This machine does not have the address. The message says what to do. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

const NO_SUCH_HOST = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * @param port 0 for a free one
 * @returns the port that the server listens on
 * @throws {PortInUseError | HostError}
 */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE')
      throw new PortInUseError(
        `Port ${port} of ${host} is in use, perhaps by another relay. Stop that, or choose another port.`,
      );
    if (NO_SUCH_HOST.includes(code))
      throw new HostError(
        `This machine has no address ${host}. Choose one of its own, such as 127.0.0.1, or 0.0.0.0 for all of them.`,
      );
    throw error;
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Accepts no new connections, waits for running requests until the limit, and closes the connections that are left. */
export async function stopListening(server: Server, limit: AbortSignal): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await Promise.race([closed, aborted(limit)]);
  server.closeAllConnections();
  await closed;
}
