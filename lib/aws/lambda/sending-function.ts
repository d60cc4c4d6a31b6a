/** Sets up fan-out and deliver, which both consume a queue, call endpoints and evaluate expressions. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ProcessExpressions } from '../../node/expressions/process-expressions.ts';
import { Deadline } from '../../relay/model/clock.ts';
import type { QueueOptions } from '../sqs/batches.ts';
import { DeadLetterQueue } from '../sqs/dead-letter-queue.ts';
import { SqsDeliveryQueue } from '../sqs/delivery-queue.ts';
import { type BatchHandling, handleBatch } from '../sqs/sqs-batch.ts';
import { extendVisibility } from '../sqs/visibility.ts';
import { clock, lambdaHandler, random, telemetry, traces } from './function-setup.ts';
import { type OutgoingOptions, openOutgoing } from './outgoing.ts';
import { openTables, type TablesEnvironment } from './tables.ts';

type SendingEnvironment = TablesEnvironment &
  OutgoingOptions['environment'] & { readonly DELIVERIES_QUEUE_URL: string };

/** Opens everything that an attempt needs. */
export function openSendingRelay(client: SQSClient, environment: SendingEnvironment) {
  return {
    clock,
    random,
    telemetry,
    traces,
    ...openTables(environment),
    deliveryQueue: new SqsDeliveryQueue({ client, queueUrl: environment.DELIVERIES_QUEUE_URL, telemetry }),
    ...openOutgoing({ clock, environment }),
    expressions: new ProcessExpressions(),
  };
}

export interface BatchHandlerOptions<Message extends object> {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly parse: BatchHandling<Message>['parse'];
  /** Returns the messages that SQS must deliver again. The deadline is the function's timeout. */
  readonly work: (
    messages: readonly Message[],
    deadline: Deadline,
    reject: (message: Message, reason: string) => void,
  ) => Promise<readonly Message[]>;
  /** True when the work takes a lease before each request. */
  readonly hasLeases: boolean;
  readonly onReturn?: (queue: QueueOptions, records: readonly SQSRecord[]) => Promise<void>;
}

/** A handler that processes a batch of the queue and keeps the batch's messages hidden meanwhile. */
export function batchHandler<Message extends object>(options: BatchHandlerOptions<Message>) {
  const { client, queueUrl, deadLetterQueueUrl, parse, work, hasLeases, onReturn } = options;
  const queue = { client, queueUrl, telemetry };
  const deadLetters = new DeadLetterQueue({ client, queueUrl: deadLetterQueueUrl, telemetry });
  return lambdaHandler<SQSEvent, SQSBatchResponse>((event, context) => {
    const deadline = new Deadline(clock, context.getRemainingTimeInMillis());
    return handleBatch(event, {
      parse,
      work: (messages, reject) => work(messages, deadline, reject),
      deadLetters,
      extendVisibility: (records) =>
        extendVisibility(queue, records, { now: clock.now(), remainingMs: deadline.remainingMs, hasLeases }),
      ...(onReturn && { onReturn: (records) => onReturn(queue, records) }),
    });
  });
}
