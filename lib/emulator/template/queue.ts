/** An SQS queue of the template. */
import { z } from 'zod';
import { SQS } from '../../contract/service-limits.ts';
import type { KnownProperties } from './properties.ts';

const schema = z.strictObject({
  QueueName: z.string().optional(),
  FifoQueue: z.boolean().optional(),
  ContentBasedDeduplication: z.boolean().optional(),
  DeduplicationScope: z.enum(['messageGroup', 'queue']).optional(),
  FifoThroughputLimit: z.enum(['perQueue', 'perMessageGroupId']).optional(),
  VisibilityTimeout: z.int().min(0).max(SQS.visibilitySeconds).optional(),
  DelaySeconds: z.int().min(0).max(900).optional(),
  ReceiveMessageWaitTimeSeconds: z.int().min(0).max(SQS.longPollSeconds).optional(),
  MaximumMessageSize: z.int().min(1_024).max(SQS.messageBytes).optional(),
  MessageRetentionPeriod: z.int().min(60).max(SQS.retentionSeconds).optional(),
  RedrivePolicy: z
    .strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1) })
    .optional(),
});

export interface QueueDefinition {
  readonly name: string;
  readonly url: string;
  /** As `CreateQueue` expects them: every value is text. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const QUEUE: KnownProperties<z.output<typeof schema>> = {
  schema,
  ignored: {
    SqsManagedSseEnabled: 'the data folder is as safe as the disk it is on',
    KmsMasterKeyId: 'the data folder is as safe as the disk it is on',
    KmsDataKeyReusePeriodSeconds: 'the data folder is as safe as the disk it is on',
    RedriveAllowPolicy: 'nobody else sends to the queues of this machine',
    Tags: 'for people who look at the AWS console',
  },
};

export function queueAttributes({
  QueueName: _,
  RedrivePolicy,
  ...rest
}: z.output<typeof schema>): Record<string, string> {
  const attributes = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return {
    ...Object.fromEntries(attributes),
    ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
  };
}
