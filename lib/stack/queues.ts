/** The two queues that wake fan-out and deliver, each with a dead-letter queue for what is not the relay's. */
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
import { nameLogically } from './logical-id.ts';

export interface QueuesProps {
  readonly fanOutTimeout: Duration;
  readonly deliverTimeout: Duration;
  /** A key of the account's own. */
  readonly key?: IKey | undefined;
}

export class Queues extends Construct {
  /** FIFO, by order. Its messages wake fan-out. */
  readonly events: Queue;
  readonly eventsDeadLetter: Queue;
  /** Its messages wake deliver, for one delivery each. */
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
      // Both together are SQS's high-throughput mode: orders never wait for each other.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      // Two wake-ups for one event may have the same content, and sweep's must not be swallowed: each names its own id.
      contentBasedDeduplication: false,
      visibilityTimeout: visibilityFor(props.fanOutTimeout),
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
    nameLogically(queue, id);
    return queue;
  }
}

/**
 * Twice the function's timeout: a message comes back only when the run that held it has certainly ended, so two runs
 * for one order cannot both be sending.
 */
function visibilityFor(timeout: Duration): Duration {
  return Duration.seconds(2 * timeout.toSeconds());
}
