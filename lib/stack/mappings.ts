/** The event source mappings: each queue invokes its function. */
import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SQS } from '../contract/service-limits.ts';
import type { StackConfig } from './config.ts';
import type { Functions } from './functions.ts';
import { setLogicalId } from './logical-id.ts';
import type { Queues } from './queues.ts';
import type { RelayFunction } from './relay-function.ts';

/** The largest batch that Lambda takes from a FIFO queue. */
const FAN_OUT_BATCH = { batchSize: SQS.batchSize };
/**
 * A slow endpoint can occupy one invocation of deliver for up to 40 seconds. Most messages that arrive meanwhile repeat
 * that it has work. One batch takes many of them, so that they do not delay the messages of other endpoints. A batch of
 * more than ten messages needs a batching window
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
 */
const DELIVER_BATCH = { batchSize: 100, maxBatchingWindow: Duration.seconds(1) };

export interface MappingsProps {
  readonly functions: Functions;
  readonly queues: Queues;
  readonly settings: Pick<StackConfig, 'fanOutConcurrency' | 'deliverConcurrency'>;
}

export class Mappings extends Construct {
  constructor(scope: Construct, id: string, { functions, queues, settings }: MappingsProps) {
    super(scope, id);
    const { fanOutConcurrency, deliverConcurrency } = settings;
    this.#map('EventsToFanOut', queues.events, functions.fanOut, fanOutConcurrency, FAN_OUT_BATCH);
    this.#map('DeliveriesToDeliver', queues.deliveries, functions.deliver, deliverConcurrency, DELIVER_BATCH);
  }

  /**
   * The mapping limits the concurrency. Reserved concurrency would take it from the account's other functions, and a
   * new account, which has ten in total, refuses any reservation.
   */
  #map(
    id: string,
    queue: IQueue,
    target: RelayFunction,
    maxConcurrency: number,
    batch: EventSourceMappingOptions,
  ): void {
    const mapping = new EventSourceMapping(this, id, {
      eventSourceArn: queue.queueArn,
      target: target.lambda,
      ...batch,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
    setLogicalId(mapping, id);
  }
}
