/** Where a relay's tables and queues are, on this machine or in AWS. */
import { z } from 'zod';
import type { QueueName, RelayDescription } from '../operator/connection.ts';

export interface AwsRelay extends RelayDescription {
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

/** How many days rows are stored. A stack of an earlier version has no such output; 30 is the stack's default. */
export const retentionDaysSchema = z.coerce.number().int().min(1).default(30);
