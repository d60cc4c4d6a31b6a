/** An event source mapping: polls a queue and invokes a function with its messages, as Lambda does. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { chunk } from '../../aws/sqs/batches.ts';
import { SQS } from '../../contract/service-limits.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import type { MappingDefinition } from '../template/event-source-mapping.ts';
import { failedMessages } from './batch-response.ts';
import { sqsEvent } from './sqs-event.ts';

/** The pause between short polls in a batching window; a long poll could outlast the window. */
const SHORT_POLL_MS = 50;
const PAUSE_AFTER_ERROR_MS = 1_000;

export interface QueuePollerOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly mapping: MappingDefinition;
  readonly target: LocalFunction;
  readonly onError: (error: unknown) => void;
}

export class QueuePoller {
  readonly #options: QueuePollerOptions;
  readonly #stopping = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  readonly #polling: Promise<void>;

  /** Starts polling at once. */
  constructor(options: QueuePollerOptions) {
    this.#options = options;
    this.#polling = this.#poll();
  }

  /** Stops polling, and waits for the running batches. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await Promise.all(this.#batches);
  }

  async #poll(): Promise<void> {
    const { maximumConcurrency } = this.#options.mapping;
    while (!this.#stopping.signal.aborted) {
      const messages = await this.#gather();
      if (messages.length > 0) this.#begin(messages);
      // Receive only when an invocation can start: a message's visibility timeout runs from its receipt.
      while (this.#batches.size >= maximumConcurrency) await Promise.race(this.#batches);
    }
  }

  /** Collects a batch until it is full or the batching window ends. */
  async #gather(): Promise<Message[]> {
    const { batchSize, windowSeconds } = this.#options.mapping;
    const messages = await this.#receive(batchSize, SQS.longPollSeconds);
    const endsAtMs = performance.now() + windowSeconds * 1_000;
    while (messages.length > 0 && messages.length < batchSize && performance.now() < endsAtMs) {
      if (this.#stopping.signal.aborted) break;
      const more = await this.#receive(batchSize - messages.length, 0);
      messages.push(...more);
      if (more.length === 0) await sleep(SHORT_POLL_MS);
    }
    return messages;
  }

  async #receive(most: number, waitSeconds: number): Promise<Message[]> {
    const { sqs, queueUrl, onError } = this.#options;
    const abortSignal = this.#stopping.signal;
    try {
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(most, SQS.batchSize),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(command, { abortSignal });
      return Messages;
    } catch (error) {
      if (abortSignal.aborted) return [];
      onError(error);
      await sleep(PAUSE_AFTER_ERROR_MS, undefined, { signal: abortSignal }).catch(() => {});
      return [];
    }
  }

  #begin(messages: Message[]): void {
    const batch = this.#run(messages).catch(this.#options.onError);
    this.#batches.add(batch);
    void batch.then(() => this.#batches.delete(batch));
  }

  /** Deletes the processed messages. A failed message becomes visible again after its visibility timeout. */
  async #run(messages: Message[]): Promise<void> {
    const { sqs, queueUrl, mapping, target } = this.#options;
    const outcome = await target.invoke(JSON.stringify(sqsEvent(messages, mapping.queueArn)));
    const ids = messages.map(({ MessageId }) => MessageId ?? '');
    const failed = failedMessages(outcome, ids, mapping.reportsBatchItemFailures);
    const Entries = messages.flatMap(({ MessageId = '', ReceiptHandle }) =>
      failed.has(MessageId) ? [] : [{ Id: MessageId, ReceiptHandle }],
    );
    for (const batch of chunk(Entries))
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: batch }));
  }
}
