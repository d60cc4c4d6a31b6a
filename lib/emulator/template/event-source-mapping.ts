/** An event source mapping of the template. */
import { z } from 'zod';
import { LAMBDA, SQS } from '../../contract/service-limits.ts';
import type { KnownProperties } from './properties.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const schema = z
  .strictObject({
    EventSourceArn: z.string(),
    FunctionName: z.string(),
    BatchSize: z.int().min(1).max(10_000).default(SQS.batchSize),
    MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
    Enabled: z.literal(true).optional(),
    FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    ScalingConfig: z.strictObject({
      MaximumConcurrency: z.int().min(LAMBDA.mappingConcurrency.min).max(LAMBDA.mappingConcurrency.max),
    }),
  })
  .refine(
    ({ BatchSize, MaximumBatchingWindowInSeconds }) =>
      BatchSize <= SQS.batchSize || MaximumBatchingWindowInSeconds > 0,
    {
      path: ['BatchSize'],
      error: 'of more than ten needs a batching window',
    },
  );

export interface MappingDefinition {
  readonly queueArn: string;
  /** Name or ARN. */
  readonly functionName: string;
  readonly batchSize: number;
  /** The batching window: how long it waits for a full batch after the first message. */
  readonly windowSeconds: number;
  readonly maximumConcurrency: number;
  /** Whether the function returns partial batch responses. Without them, an error fails the whole batch. */
  readonly reportsBatchItemFailures: boolean;
}

export const EVENT_SOURCE_MAPPING: KnownProperties<z.output<typeof schema>> = {
  schema,
  ignored: { Tags: 'for people who look at the AWS console' },
};

export function mappingOf(values: z.output<typeof schema>): MappingDefinition {
  return {
    queueArn: values.EventSourceArn,
    functionName: values.FunctionName,
    batchSize: values.BatchSize,
    windowSeconds: values.MaximumBatchingWindowInSeconds,
    maximumConcurrency: values.ScalingConfig.MaximumConcurrency,
    reportsBatchItemFailures: values.FunctionResponseTypes.length > 0,
  };
}
