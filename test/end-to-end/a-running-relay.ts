/** The whole relay for the tests of one file: the stack as it is deployed, run in this process, with all in memory. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect } from 'vitest';
import { z } from 'zod';
import { type AwsConnection, connect } from '../../lib/connect/connect.ts';
import { findEmulator } from '../../lib/connect/local-relay.ts';
import { type Emulator, startEmulator } from '../../lib/emulator/emulator.ts';
import { handlerLog } from '../../lib/emulator/handler-log.ts';
import { refuseWarnings } from './an-operator.ts';
import { BUILDING_MS, type BuiltStack, builtStack } from './built-stack.ts';

export interface RunningRelay extends Pick<Emulator, 'url' | 'runSchedules'> {
  readonly connection: AwsConnection;
  readonly sqs: SQSClient;
  /** The stack's outputs that are URLs of queues. */
  readonly queues: Queues;
  /** Every line that a function has written. */
  readonly lines: readonly string[];
}

type Queues = z.output<typeof queuesSchema>;

const queuesSchema = z.object({
  EventsQueueUrl: z.url(),
  EventsDeadLetterQueueUrl: z.url(),
  DeliveriesQueueUrl: z.url(),
  DeliveriesDeadLetterQueueUrl: z.url(),
});

/**
 * Starts the relay before the tests of a file, and stops it after. An error that the functions or the relay itself
 * have logged by then fails the file, though no test may have looked for it; unless the tests break what it needs.
 *
 * @param options `templateOf` returns the template of a deployment with settings
 */
export function useRunningRelay({
  mayFail = false,
  templateOf = ({ template }) => template,
}: {
  mayFail?: boolean;
  templateOf?: (stack: BuiltStack) => unknown;
} = {}): () => RunningRelay {
  let running: RunningRelay | undefined;
  beforeAll(async () => {
    const errors: unknown[] = [];
    const lines: string[] = [];
    const noteFault = handlerLog({ show: (line) => isFault(line) && errors.push(line) });
    const stack = await builtStack();
    const relay = await startEmulator({
      root: stack.root,
      template: templateOf(stack),
      port: 0,
      log: (name, line) => {
        lines.push(line);
        noteFault(name, line);
      },
      onError: (error) => errors.push(error),
    });
    const { engines, url, runSchedules } = relay;
    const connection = await connect(await findEmulator(Number(new URL(url).port)), refuseWarnings);
    const sqs = new SQSClient(engines.sqsConfig);
    const queues = queuesSchema.parse(engines.resources.outputs);
    running = { url, runSchedules, connection, sqs, queues, lines };
    return async () => {
      connection.close();
      sqs.destroy();
      await relay.stop();
      if (!mayFail) expect(errors).toEqual([]);
    };
  }, BUILDING_MS);
  afterAll(() => {
    running = undefined;
  });
  return () => {
    if (running === undefined) throw new Error('the relay runs only while tests do');
    return running;
  };
}

/** On a machine that is busy enough, calls take longer than they may, which the relay survives: that is no fault. */
function isFault(line: string): boolean {
  return / (ERROR|CRITICAL) /.test(line) && !line.includes('TimeoutError');
}
