/**
 * The queues that invoke fan-out and deliver, each with a dead-letter queue for messages that the relay cannot parse.
 */
import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SQS } from '../contract/service-limits.ts';
import { setLogicalId } from './logical-id.ts';

export interface QueuesProps {
  readonly fanOutTimeout: Duration;
  readonly deliverTimeout: Duration;
  /** A customer managed key. */
  readonly key?: IKey | undefined;
}

export class Queues extends Construct {
  /** FIFO, one message group per order. Invokes fan-out. */
  readonly events: Queue;
  readonly eventsDeadLetter: Queue;
  /** Standard. Invokes deliver, one message per delivery. */
  readonly deliveries: Queue;
  readonly deliveriesDeadLetter: Queue;

  readonly #encryption: Pick<QueueProps, 'encryption' | 'encryptionMasterKey'>;

  constructor(scope: Construct, id: string, props: QueuesProps) {
    super(scope, id);
    const { key } = props;
    this.#encryption = key
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
      : { encryption: QueueEncryption.SQS_MANAGED };
    this.eventsDeadLetter = this.#queue('EventsDeadLetterQueue', { fifo: true });
    this.events = this.#queue('EventsQueue', {
      fifo: true,
      // Both settings together enable SQS's high-throughput mode: orders never wait for each other.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      // Sweep sends the same message again, and SQS must not drop it as a duplicate: each send has its own
      // deduplication id.
      contentBasedDeduplication: false,
      visibilityTimeout: visibilityFor(props.fanOutTimeout),
      // The rows count the attempts and decide when to give up; a queue that gave up earlier would hide events. An
      // event that only the queue holds returns every five minutes at most, so 1,000 receives take about three and a
      // half days.
      deadLetterQueue: { queue: this.eventsDeadLetter, maxReceiveCount: SQS.receives },
    });
    this.deliveriesDeadLetter = this.#queue('DeliveriesDeadLetterQueue', {});
    this.deliveries = this.#queue('DeliveriesQueue', {
      visibilityTimeout: visibilityFor(props.deliverTimeout),
      deadLetterQueue: { queue: this.deliveriesDeadLetter, maxReceiveCount: SQS.receives },
    });
  }

  #queue(id: string, props: QueueProps): Queue {
    const queue = new Queue(this, id, {
      ...this.#encryption,
      enforceSSL: true,
      // The longest that SQS allows: an operator then has two weeks to repair the functions.
      retentionPeriod: Duration.seconds(SQS.retentionSeconds),
      // The largest that SQS allows: when the table refuses an event, one message carries all of it.
      maxMessageSizeBytes: SQS.messageBytes,
      ...props,
    });
    setLogicalId(queue, id);
    return queue;
  }
}

/**
 * Twice the function's timeout. A message becomes visible only after the run that received it has ended, so two runs
 * never send for the same order at once. AWS advises six times, because Lambda may retry a throttled batch for as long.
 * The functions extend the timeout of a batch that starts late instead (lib/aws/sqs/visibility.ts): after a run that
 * died, an order waits 4 minutes and not 12.
 */
function visibilityFor(timeout: Duration): Duration {
  return Duration.seconds(2 * timeout.toSeconds());
}
