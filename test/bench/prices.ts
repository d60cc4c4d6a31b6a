/**
 * List prices in US dollars for us-east-1 on arm64, without free tiers, and the monthly allowances that never end, as of
 * 29 November 2026. A price that changes is changed here. `npm run cost` prints the sources with its table.
 */

interface Price {
  readonly usd: number;
  /** One unit costs `usd`. */
  readonly unit: string;
  readonly source: string;
}

const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const SQS = 'https://aws.amazon.com/sqs/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';

export const PRICES = {
  dynamoDbWrite: { usd: 0.625, unit: 'million write request units', source: DYNAMODB },
  dynamoDbRead: { usd: 0.125, unit: 'million read request units', source: DYNAMODB },
  dynamoDbStorage: { usd: 0.25, unit: 'GB and month', source: DYNAMODB },
  dynamoDbBackup: { usd: 0.2, unit: 'GB and month of point-in-time recovery', source: DYNAMODB },
  sqsFifo: { usd: 0.5, unit: 'million requests to a FIFO queue', source: SQS },
  sqsStandard: { usd: 0.4, unit: 'million requests to a standard queue', source: SQS },
  lambdaRequest: { usd: 0.2, unit: 'million requests', source: LAMBDA },
  lambdaDuration: { usd: 0.0000133334, unit: 'GB-second on arm64', source: LAMBDA },
  httpApi: {
    usd: 1,
    unit: 'million requests of up to 512 KB',
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  logs: { usd: 0.5, unit: 'GB ingested', source: CLOUDWATCH },
  metric: { usd: 0.3, unit: 'custom metric and month', source: CLOUDWATCH },
  alarmMetric: { usd: 0.1, unit: 'metric of an alarm and month', source: CLOUDWATCH },
  schedule: {
    usd: 1,
    unit: 'million invocations',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  trafficOut: {
    usd: 0.09,
    unit: 'GB sent to the Internet',
    source: 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer',
  },
  key: { usd: 1, unit: 'customer managed key and month', source: 'https://aws.amazon.com/kms/pricing/' },
} as const satisfies Readonly<Record<string, Price>>;

/**
 * The monthly free tier that never ends (https://aws.amazon.com/free/). Everything in the account shares it. DynamoDB's requests on demand are never free.
 */
export const ALWAYS_FREE = {
  alarmMetrics: 10,
  metrics: 10,
  /** To standard and FIFO queues together. */
  sqsRequests: 1e6,
  lambdaRequests: 1e6,
  lambdaGbSeconds: 400_000,
  schedules: 14e6,
} as const;
