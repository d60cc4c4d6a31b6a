/** The event source mappings: each queue invokes its function. */
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SQS } from '../contract/service-limits.ts';
import type { StackConfig } from './config.ts';
import type { Functions } from './functions.ts';
import { setLogicalId } from './logical-id.ts';
import type { Queues } from './queues.ts';
import type { RelayFunction } from './relay-function.ts';

/**
 * The largest batch of a FIFO queue, and of any queue without a batching window. With a window, Lambda may wait up to 20
 * seconds when there is little traffic, also if the window is shorter: a test or a retry would be that late
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). The deliveries have a fair queue: many
 * messages of one endpoint do not delay those of others.
 */
const BATCH = { batchSize: SQS.batchSize };

export interface MappingsProps {
  readonly functions: Functions;
  readonly queues: Queues;
  readonly settings: Pick<StackConfig, 'fanOutConcurrency' | 'deliverConcurrency'>;
}

export class Mappings extends Construct {
  constructor(scope: Construct, id: string, { functions, queues, settings }: MappingsProps) {
    super(scope, id);
    const { fanOutConcurrency, deliverConcurrency } = settings;
    this.#map('EventsToFanOut', queues.events, functions.fanOut, fanOutConcurrency);
    this.#map('DeliveriesToDeliver', queues.deliveries, functions.deliver, deliverConcurrency);
  }

  /**
   * The mapping limits the concurrency. Reserved concurrency would take it from the account's other functions, and a
   * new account, which has ten in total, refuses any reservation.
   */
  #map(id: string, queue: IQueue, target: RelayFunction, maxConcurrency: number): void {
    const mapping = new EventSourceMapping(this, id, {
      eventSourceArn: queue.queueArn,
      target: target.lambda,
      ...BATCH,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
    setLogicalId(mapping, id);
  }
}
