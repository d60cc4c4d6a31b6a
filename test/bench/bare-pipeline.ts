/** The reference: the same events on the same engines, where nothing decides, checks, logs or recovers. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Agent } from 'undici';
import { z } from 'zod';
import { type Engines, startEngines } from '../../lib/emulator/engines/engines.ts';
import type { MappingDefinition } from '../../lib/emulator/template/event-source-mapping.ts';
import { type BareStores, fanOutBare, takeBare } from './bare-event.ts';
import type { Pipeline } from './pipeline.ts';
import { outputsOf } from './stack-outputs.ts';

const LONG_POLL_SECONDS = 20;

const keySchema = z.strictObject({ orderKey: z.string(), eventId: z.string() });

/** @param dataDir a folder for these engines alone */
export async function startBarePipeline(
  template: unknown,
  dataDir: string,
  endpointUrls: readonly string[],
): Promise<Pipeline> {
  const engines = await startEngines({ template, dataDir });
  const { EventLogTableName, EventsQueueUrl } = outputsOf(engines);
  const stores: BareStores = {
    dynamoDb: new DynamoDBClient(engines.dynamoDbConfig),
    eventLogTable: EventLogTableName,
    sqs: new SQSClient(engines.sqsConfig),
    eventsQueueUrl: EventsQueueUrl,
  };
  const agent = new Agent();
  const poller = new BarePoller(stores, mappingOf(engines, EventsQueueUrl), async ({ Body = '' }) =>
    fanOutBare(stores, keySchema.parse(JSON.parse(Body)), endpointUrls, agent),
  );
  return {
    send: (webhook) => takeBare(stores, webhook),
    async stop() {
      await poller.stop();
      await agent.close();
      stores.dynamoDb.destroy();
      stores.sqs.destroy();
      await engines.stop();
    },
  };
}

/** As many messages at once, and as many such batches, as the stack's own mapping says. */
function mappingOf({ resources }: Engines, queueUrl: string): MappingDefinition {
  const name = queueUrl.split('/').at(-1);
  const mapping = resources.mappings.find(({ queueArn }) => queueArn.split(':').at(-1) === name);
  if (mapping === undefined) throw new Error(`The template maps nothing to the queue ${name}`);
  return mapping;
}

/** Any failure ends the process: a reference that left something out would be none. */
class BarePoller {
  readonly #stores: BareStores;
  readonly #mapping: MappingDefinition;
  readonly #work: (message: Message) => Promise<void>;
  readonly #stopping = new AbortController();
  readonly #polling: Promise<void>;

  constructor(stores: BareStores, mapping: MappingDefinition, work: (message: Message) => Promise<void>) {
    this.#stores = stores;
    this.#mapping = mapping;
    this.#work = work;
    this.#polling = this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
  }

  async #poll(): Promise<void> {
    const batches = new Set<Promise<void>>();
    while (!this.#stopping.signal.aborted) {
      const messages = await this.#receive();
      if (messages.length === 0) continue;
      const batch = this.#run(messages);
      batches.add(batch);
      void batch.then(() => batches.delete(batch));
      while (batches.size >= this.#mapping.maximumConcurrency) await Promise.race(batches);
    }
    await Promise.all(batches);
  }

  async #receive(): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#stores.eventsQueueUrl,
      MaxNumberOfMessages: this.#mapping.batchSize,
      WaitTimeSeconds: LONG_POLL_SECONDS,
    });
    const abortSignal = this.#stopping.signal;
    try {
      const { Messages = [] } = await this.#stores.sqs.send(command, { abortSignal });
      return Messages;
    } catch (error) {
      if (abortSignal.aborted) return [];
      throw error;
    }
  }

  async #run(messages: readonly Message[]): Promise<void> {
    await Promise.all(messages.map(this.#work));
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    const { sqs, eventsQueueUrl: QueueUrl } = this.#stores;
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}
