/** Starts and stops a server of this machine. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { aborted } from '../aborted.ts';

/** The port is in use. The message says what to do. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
}

/**
 * @param port 0 for a free one
 * @returns the port that the server listens on
 * @throws {PortInUseError}
 */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new PortInUseError(
      `Port ${port} of ${host} is in use, perhaps by another relay. Stop that, or choose another port.`,
    );
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
