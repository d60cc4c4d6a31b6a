/** Everything a deployer may set, as flat keys of CDK context: `cdk deploy -c retentionDays=60 -c fanOutConcurrency=8`. */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { RETENTION_DAYS } from '../contract/retention.ts';
import { LAMBDA } from '../contract/service-limits.ts';

/** The days that CloudWatch Logs can keep a log group for. CDK's number for "for ever" is its own invention. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** The keys, their defaults, and (as each one's description) what an error says is allowed. */
const configSchema = z.strictObject({
  /** The letters and the length are CloudFormation's rule. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/)
    .default('SensariaRelay')
    .describe('a letter, then at most 127 letters, digits and hyphens'),

  /** How long events are kept. Deliveries are tried for three days; the rest of the week is for a person to notice. */
  retentionDays: wholeNumber(RETENTION_DAYS),

  /** Payloads, where the personal data is, may go earlier; never before a delivery has had its three days and a week. */
  payloadRetentionDays: wholeNumber(RETENTION_DAYS),

  /** Lambda's limits on memory. A function's share of a processor grows with it, and with that its start. */
  ingestMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 512 }),
  fanOutMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 512 }),
  deliverMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 512 }),
  sweepMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 256 }),

  /**
   * How many of a function may run at once; the limits are those of an SQS event source mapping. A new account may
   * run ten functions in all: with six of them here and one for sweep, ingest always finds room.
   */
  fanOutConcurrency: wholeNumber({ ...LAMBDA.mappingConcurrency, fallback: 4 }),
  deliverConcurrency: wholeNumber({ ...LAMBDA.mappingConcurrency, fallback: 2 }),

  /**
   * A refused webhook is a lost one, so the route refuses only what no Hub sends: an order of ten items fires about
   * ten webhooks, so the rate is ten such orders moving every second, and the burst is fifty of them at one stroke.
   * It is there to bound the bill of a flood. The limits are API Gateway's default ones on a whole region.
   */
  throttleRatePerSecond: wholeNumber({ min: 1, max: 10_000, fallback: 100 }),
  throttleBurst: wholeNumber({ min: 1, max: 5_000, fallback: 500 }),

  logRetentionDays: number()
    .pipe(z.literal(LOG_RETENTION_DAYS))
    .default(RetentionDays.ONE_MONTH)
    .describe(`one of ${LOG_RETENTION_DAYS.join(', ')}`),

  /** Blocks of addresses of the deployer's own network that endpoints may have, by plain http and on any port, too. */
  allowedCidrs: z
    .string()
    .refine((text) => text === '' || text.split(',').every((block) => ipaddr.isValidCIDR(block)))
    .default('')
    .describe('CIDR blocks parted by commas, such as 10.0.0.0/8,fd00::/8'),

  /**
   * What fan-out and deliver may read where an endpoint's row refers to a secret: names of SSM parameters, or the
   * beginnings of some. `/<stackName>/*` unless given.
   */
  secretParameters: z
    .string()
    .regex(listOf(String.raw`/[\w./-]+`))
    .optional()
    .describe('names of SSM parameters parted by commas, such as /erp/token,/shop/*'),

  /** The same for Secrets Manager, which rows reach by the parameter `/aws/reference/secretsmanager/<name>`. */
  secretsManagerSecrets: z
    .string()
    .regex(listOf(String.raw`[\w/+=.@-]+`))
    .default('')
    .describe('names of secrets parted by commas, such as erp-token,shop/*'),

  /** `customer` makes a key of the account's own, for tables and queues, at a dollar a month and a little per use. */
  encryptionKey: z.enum(['aws', 'customer']).default('aws').describe('aws or customer'),

  /** Whom alarms tell: an e-mail address, which AWS asks to confirm, or a topic that there is already. */
  alarmEmail: z
    .union([z.email(), z.literal('')])
    .default('')
    .describe('an e-mail address'),
  alarmTopicArn: z
    .string()
    .regex(/^(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)?$/)
    .default('')
    .describe('the ARN of an SNS topic'),

  /**
   * An alarm when no webhook came for so long; 0 for none. A Hub that has stopped calling says nothing. A week is as
   * far as an alarm looks back (PutMetricAlarm: 604,800 seconds for periods of an hour).
   */
  silenceHours: wholeNumber({ min: 0, max: 168, fallback: 0 }),

  /** What becomes of the two tables when the stack is deleted; with `retain` nobody can delete them by mistake either. */
  removalPolicy: z.enum(['retain', 'destroy']).default('retain').describe('retain or destroy'),
});

export type StackConfig = z.output<typeof configSchema> & { readonly secretParameters: string };

/** The context holds a key that nobody reads, or a value that cannot be. The message names every such key. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads the configuration out of a CDK app's context (`app.node.getAllContext()`), in which CDK's own keys stand too.
 *
 * @throws {ConfigurationError} naming each wrong key, what was given and what is allowed
 */
export function readConfig(context: Readonly<Record<string, unknown>>): StackConfig {
  const given = Object.fromEntries(Object.entries(context).filter(([key]) => !belongsToCdk(key)));
  const parsed = configSchema.safeParse(given);
  if (parsed.success) {
    const { stackName, secretParameters = `/${stackName}/*` } = parsed.data;
    return { ...parsed.data, secretParameters };
  }
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(describeUnknown)
      : issue.path.slice(0, 1).map((key) => describeWrong(String(key), given[String(key)])),
  );
  throw new ConfigurationError(`The stack cannot be built with this context:\n${problems.join('\n')}`);
}

/** CDK's flags, look-ups and settings: `@aws-cdk/core:checkSecretUsage`, `aws:cdk:bundling-stacks`. */
function belongsToCdk(key: string): boolean {
  return /[:@/]/.test(key);
}

function describeUnknown(key: string): string {
  return `- ${key}: no such key; known are ${Object.keys(configSchema.shape).join(', ')}`;
}

function describeWrong(key: string, value: unknown): string {
  const setting = Object.entries(configSchema.shape).find(([name]) => name === key);
  return `- ${key}: given ${JSON.stringify(value)}; allowed is ${setting?.[1].description}`;
}

function wholeNumber({ min, max, fallback }: { min: number; max: number; fallback: number }) {
  return number()
    .pipe(z.int().min(min).max(max))
    .default(fallback)
    .describe(`a whole number from ${min} to ${max}`);
}

/** Of names parted by commas, each of which may end in a star; or of none. */
function listOf(name: string): RegExp {
  return new RegExp(String.raw`^(${name}\*?(,${name}\*?)*)?$`);
}

/** What `-c key=value` gives is text; what stands in cdk.json may be a number. */
function number() {
  return z.union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ]);
}
