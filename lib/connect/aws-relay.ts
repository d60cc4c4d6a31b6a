/** Where a relay's tables and queues are, on this machine or in AWS. */
import { z } from 'zod';
import { RETENTION_DAYS } from '../contract/retention.ts';
import type { StackOutputs } from '../contract/template.ts';
import type { QueueName, RelayDescription } from '../operator/connection.ts';

/** Where a relay's resources are in CloudFormation. */
export interface StackPlace {
  readonly stackName: string;
  /** The beginning of the relay's logical ids; empty for a stack of its own. */
  readonly prefix: string;
}

export interface AwsRelay extends RelayDescription {
  /** Absent for a relay on this machine. */
  readonly stackPlace?: StackPlace;
  readonly configTableName: string;
  readonly eventLogTableName: string;
  readonly queueUrls: Readonly<Record<QueueName, string>>;
  readonly deadLetterQueueUrls: Readonly<Record<QueueName, string>>;
  readonly retentionDays: number;
  readonly payloadRetentionDays: number;
  /** How DynamoDB and SQS are reached. Region, credentials and endpoint come from the environment unless given. */
  readonly dynamoDbConfig: ServiceConfig;
  readonly sqsConfig: ServiceConfig;
}

interface ServiceConfig {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A stack of an earlier version has no such output. */
const retentionDaysSchema = z.coerce.number().int().min(1).default(RETENTION_DAYS.fallback);

export const stackOutputsSchema = z.object({
  WebhookBaseAddress: z.url(),
  ConfigTableName: z.string().min(1),
  EventLogTableName: z.string().min(1),
  EventsQueueUrl: z.url(),
  EventsDeadLetterQueueUrl: z.url(),
  DeliveriesQueueUrl: z.url(),
  DeliveriesDeadLetterQueueUrl: z.url(),
  RetentionDays: retentionDaysSchema,
  PayloadRetentionDays: retentionDaysSchema,
  SilenceHours: z.coerce.number().int().min(0).default(0),
} satisfies Record<keyof StackOutputs, z.ZodType>);

/** The part of a relay's description that its stack outputs give. */
export function describeOutputs(outputs: z.output<typeof stackOutputsSchema>) {
  return {
    webhookBaseAddress: outputs.WebhookBaseAddress,
    configTableName: outputs.ConfigTableName,
    eventLogTableName: outputs.EventLogTableName,
    queueUrls: { events: outputs.EventsQueueUrl, deliveries: outputs.DeliveriesQueueUrl },
    deadLetterQueueUrls: {
      events: outputs.EventsDeadLetterQueueUrl,
      deliveries: outputs.DeliveriesDeadLetterQueueUrl,
    },
    retentionDays: outputs.RetentionDays,
    payloadRetentionDays: outputs.PayloadRetentionDays,
    ...(outputs.SilenceHours > 0 && { silenceHours: outputs.SilenceHours }),
  };
}
