/** The emulated stack for one test, over a small template, with everything in memory. */
import { fileURLToPath } from 'node:url';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../lib/emulator/emulator.ts';
import { messageCount } from '../end-to-end/a-queue.ts';
import { aTemplate } from './a-template.ts';

export async function aRelay(
  resources: Readonly<Record<string, unknown>>,
  options: Partial<EmulatorOptions> = {},
) {
  const lines: string[] = [];
  const errors: unknown[] = [];
  const relay = await startEmulator({
    template: aTemplate({ resources, outputs: resources.Queue ? { QueueUrl: { Ref: 'Queue' } } : {} }),
    root: fileURLToPath(new URL('./fixtures/', import.meta.url)),
    port: 0,
    log: (_, line) => lines.push(line),
    onError: (error) => errors.push(error),
    ...options,
  });
  let stopped: Promise<void> | undefined;
  const stop = (limitMs?: number) => {
    stopped ??= relay.stop(limitMs);
    return stopped;
  };
  onTestFinished(() => stop(0));
  const sqs = new SQSClient(relay.engines.sqsConfig);
  return {
    url: relay.url,
    discovery: relay.discovery,
    runSchedules: relay.runSchedules,
    stop,
    errors,
    /** The records that the fixture `reports-records.ts` received, oldest first. */
    received: () => lines.map((line): { atMs: number; record: SQSRecord } => JSON.parse(line)),
    lines,
    /** Counts the messages on the template's `Queue`, those in flight included. */
    queued: () => messageCount(sqs, relay.engines.resources.outputs.QueueUrl ?? ''),
    /** Puts texts on the template's `Queue` in one request. */
    async send(...bodies: readonly string[]) {
      const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: relay.engines.resources.outputs.QueueUrl, Entries }),
      );
    },
  };
}
