/** The event source mappings: each queue wakes its function. */
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StackConfig } from './config.ts';
import type { Functions } from './functions.ts';
import { nameLogically } from './logical-id.ts';
import type { Queues } from './queues.ts';
import type { RelayFunction } from './relay-function.ts';

/** The most that a mapping takes from a FIFO queue at once, and from another one without waiting for more to come. */
const BATCH_SIZE = 10;

export interface MappingsProps {
  readonly functions: Functions;
  readonly queues: Queues;
  readonly settings: Pick<StackConfig, 'fanOutConcurrency' | 'deliverConcurrency'>;
}

export class Mappings extends Construct {
  constructor(scope: Construct, id: string, { functions, queues, settings }: MappingsProps) {
    super(scope, id);
    this.#map('EventsToFanOut', queues.events, functions.fanOut, settings.fanOutConcurrency);
    this.#map('DeliveriesToDeliver', queues.deliveries, functions.deliver, settings.deliverConcurrency);
  }

  /**
   * The limit stands on the mapping and is not reserved concurrency: reserving takes from every other function of the
   * account, and a new account, with ten in all, refuses it.
   */
  #map(id: string, queue: IQueue, target: RelayFunction, maxConcurrency: number): void {
    const mapping = new EventSourceMapping(this, id, {
      eventSourceArn: queue.queueArn,
      target: target.lambda,
      batchSize: BATCH_SIZE,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
    nameLogically(mapping, id);
  }
}
