/** The mapping that hands a queue's messages to a function. */
import { z } from 'zod';
import type { KnownProperties } from './properties.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const schema = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  /** One `ReceiveMessage` gives at most ten; a larger batch would need a window to gather it in. */
  BatchSize: z.int().min(1).max(10).default(10),
  MaximumBatchingWindowInSeconds: z.literal(0).optional(),
  Enabled: z.literal(true).optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.int().min(2).max(1_000) }),
});

export interface MappingDefinition {
  readonly queueArn: string;
  /** Name or ARN. */
  readonly functionName: string;
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  /** Whether the function says which messages of a batch failed; else all of them did when one did. */
  readonly reportsBatchItemFailures: boolean;
}

export const EVENT_SOURCE_MAPPING: KnownProperties<z.output<typeof schema>> = {
  schema,
  withoutEffect: { Tags: 'for people who look at the AWS console' },
};

export function mappingOf(values: z.output<typeof schema>): MappingDefinition {
  return {
    queueArn: values.EventSourceArn,
    functionName: values.FunctionName,
    batchSize: values.BatchSize,
    maximumConcurrency: values.ScalingConfig.MaximumConcurrency,
    reportsBatchItemFailures: values.FunctionResponseTypes.length > 0,
  };
}
