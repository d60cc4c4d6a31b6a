/** A UDP server that stands for the X-Ray daemon that Lambda runs beside a function. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface XRayDaemon {
  /** As in Lambda's variable `AWS_XRAY_DAEMON_ADDRESS`. */
  readonly address: string;
  /** The datagrams, in the order in which they came. */
  readonly datagrams: readonly string[];
  /** Forgets the datagrams. */
  clear(): void;
  stop(): void;
}

export async function startXRayDaemon(): Promise<XRayDaemon> {
  const datagrams: string[] = [];
  const socket = createSocket('udp4', (datagram) => datagrams.push(datagram.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    datagrams,
    clear() {
      datagrams.length = 0;
    },
    stop: () => socket.close(),
  };
}
