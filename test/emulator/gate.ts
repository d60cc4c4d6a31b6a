/** A server that answers when it is told to: holds back, and counts, those who ask it. */
import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Gate {
  readonly url: string;
  readonly waiting: number;
  /** How many were ever waiting at once. */
  readonly mostWaiting: number;
  readonly arrived: number;
  /** Lets one in. */
  open(): void;
}

export async function aGate(): Promise<Gate> {
  const held: ServerResponse[] = [];
  let mostWaiting = 0;
  let arrived = 0;
  const server = createServer((_, response) => {
    arrived++;
    held.push(response);
    mostWaiting = Math.max(mostWaiting, held.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    get waiting() {
      return held.length;
    },
    get mostWaiting() {
      return mostWaiting;
    },
    get arrived() {
      return arrived;
    },
    open: () => held.shift()?.end('open'),
  };
}
