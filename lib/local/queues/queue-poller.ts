/** An event source mapping: takes messages off a queue and hands them to a function, as Lambda's pollers do. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { inTens } from '../../aws/sqs/batches.ts';
import { SQS } from '../../contract/service-limits.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import type { MappingDefinition } from '../template/event-source-mapping.ts';
import { failedMessages } from './batch-response.ts';
import { sqsEvent } from './sqs-event.ts';

/** A long poll could outlast the window. */
const GATHERED_EVERY_MS = 50;
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

  /** Receives nothing more, and waits for the batches in hand. */
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
      // A message is taken only when a function can start on it: its visibility timeout runs from here on.
      while (this.#batches.size >= maximumConcurrency) await Promise.race(this.#batches);
    }
  }

  /** A batch as Lambda gathers it: full, or as far as it is filled when its window ends. */
  async #gather(): Promise<Message[]> {
    const { batchSize, windowSeconds } = this.#options.mapping;
    const messages = await this.#receive(batchSize, SQS.longPollSeconds);
    const endsAtMs = performance.now() + windowSeconds * 1_000;
    while (messages.length > 0 && messages.length < batchSize && performance.now() < endsAtMs) {
      if (this.#stopping.signal.aborted) break;
      const more = await this.#receive(batchSize - messages.length, 0);
      messages.push(...more);
      if (more.length === 0) await sleep(GATHERED_EVERY_MS);
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

  /** What failed is left alone: it comes back when its visibility timeout is over, as it does in Lambda. */
  async #run(messages: Message[]): Promise<void> {
    const { sqs, queueUrl, mapping, target } = this.#options;
    const outcome = await target.invoke(JSON.stringify(sqsEvent(messages, mapping.queueArn)));
    const ids = messages.map(({ MessageId }) => MessageId ?? '');
    const failed = failedMessages(outcome, ids, mapping.reportsBatchItemFailures);
    const Entries = messages.flatMap(({ MessageId = '', ReceiptHandle }) =>
      failed.has(MessageId) ? [] : [{ Id: MessageId, ReceiptHandle }],
    );
    for (const tens of inTens(Entries))
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: tens }));
  }
}
