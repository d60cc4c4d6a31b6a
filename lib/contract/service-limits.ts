/** Limits of AWS services, and the relay's limits that more than one layer depends on. */

const SECONDS_PER_DAY = 86_400;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const SQS = {
  /** Entries in a batch request, messages in a receive, and the batch of a mapping without a batching window. */
  batchSize: 10,
  longPollSeconds: 20,
  messageBytes: 1_048_576,
  retentionSeconds: 14 * SECONDS_PER_DAY,
  visibilitySeconds: 43_200,
  receives: 1_000,
  fifoSuffix: '.fifo',
};

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const LAMBDA = {
  memoryMb: { min: 128, max: 10_240 },
  timeoutSeconds: 900,
  eventBytes: 6 * 1024 * 1024,
  /** Of an SQS event source mapping. */
  mappingConcurrency: { min: 2, max: 1_000 },
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const DYNAMODB = {
  /** Attribute names and values together. */
  itemBytes: 400 * 1024,
  batchGetKeys: 100,
};
