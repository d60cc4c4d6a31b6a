/** A whole relay in this process for the tests of one file, on either engine: what holds on one must hold on the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Connection } from '../../lib/operator/connection.ts';
import { Log } from '../../lib/server/log.ts';
import { startRelayServer } from '../../lib/server/relay-server.ts';
import { sweepThrough } from '../kill/start-sweeping.ts';
import { messageCount } from './a-queue.ts';
import { useRunningRelay } from './a-running-relay.ts';
import { anOperator } from './an-operator.ts';
import type { Engine } from './engines.ts';

export interface RelayOnEngine {
  readonly url: string;
  readonly connection: Connection;
  /** Runs a sweep now, and waits for it. */
  runSchedules(): Promise<void>;
  /** The messages in all queues. */
  queued(): Promise<number>;
  /** Every line of the log. */
  readonly lines: readonly string[];
}

/** Starts the relay before the tests of a file, and stops it after. An error in its log fails the file. */
export function useRelayOn(engine: Engine): () => RelayOnEngine {
  return engine === 'one machine' ? useRelayServer() : useStack();
}

function useStack(): () => RelayOnEngine {
  const relay = useRunningRelay();
  return () => {
    const { sqs, queues, ...rest } = relay();
    return {
      ...rest,
      async queued() {
        const urls = [queues.EventsQueueUrl, queues.DeliveriesQueueUrl];
        const counts = await Promise.all(urls.map((url) => messageCount(sqs, url)));
        return counts.reduce((sum, count) => sum + count);
      },
    };
  };
}

/** A relay as `npm start` runs it, with its data in a folder that is removed. */
function useRelayServer(): () => RelayOnEngine {
  let running: RelayOnEngine | undefined;
  beforeAll(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sensaria-server-'));
    const lines: string[] = [];
    const relay = await startRelayServer({
      ...{ dataDir, host: '127.0.0.1', port: 0, silenceHours: 0 },
      // The receivers of the tests are on this machine.
      allowedCidrs: ['127.0.0.0/8', '::1/128'],
      telemetry: new Log({ format: 'json', now: () => new Date(), write: (line) => lines.push(line) }),
    });
    const connection = await anOperator(relay.url);
    // The tests add the sources that they need.
    await connection.configWriter.remove('source', 'main');
    running = {
      ...{ url: relay.url, connection, lines },
      runSchedules: () => sweepThrough(connection),
      // They are in the relay's memory, which nobody can look into. Settled work has none.
      queued: async () => 0,
    };
    return async () => {
      connection.close();
      await relay.stop();
      rmSync(dataDir, { recursive: true, force: true });
      // On a busy machine, calls may take longer than they may. The relay survives that.
      expect(lines.filter((line) => isError(line) && !line.includes('TimeoutError'))).toEqual([]);
    };
  });
  afterAll(() => {
    running = undefined;
  });
  return () => {
    if (running === undefined) throw new Error('the relay runs only while tests do');
    return running;
  };
}

function isError(line: string): boolean {
  return line.includes('"level":"error"');
}
