/**
 * All settings of a deployment, as flat keys of the CDK context: `cdk deploy -c retentionDays=60 -c
 * fanOutConcurrency=8`.
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { faultOfCidr } from '../contract/cidr.ts';
import { RETENTION_DAYS } from '../contract/retention.ts';
import { LAMBDA } from '../contract/service-limits.ts';

/** The retention periods that CloudWatch Logs supports. CDK's INFINITE is not one of them. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** The keys with their defaults. Error messages quote the description as the allowed values. */
const configSchema = z.strictObject({
  /** The letters and the length are CloudFormation's rule. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/)
    .default('SensariaRelay')
    .describe('a letter, then at most 127 letters, digits and hyphens'),

  /** Events are deleted after this time. */
  retentionDays: wholeNumber(RETENTION_DAYS),

  /** Payloads contain the personal data, and may be deleted earlier than their events. */
  payloadRetentionDays: wholeNumber(RETENTION_DAYS),

  /** Lambda allots CPU in proportion to memory, so more memory also means a faster start. */
  ingestMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 512 }),
  fanOutMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 512 }),
  deliverMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 512 }),
  sweepMemoryMb: wholeNumber({ ...LAMBDA.memoryMb, fallback: 256 }),

  /**
   * Concurrent invocations per function, within the limits of an SQS event source mapping. A new account has ten in
   * total: with six here and one for sweep, three are always free for ingest.
   */
  fanOutConcurrency: wholeNumber({ ...LAMBDA.mappingConcurrency, fallback: 4 }),
  deliverConcurrency: wholeNumber({ ...LAMBDA.mappingConcurrency, fallback: 2 }),

  /**
   * The throttle bounds the bill of a flood. A refused webhook is lost, so the defaults are far above a Hub's rate: an
   * order of ten items sends about ten webhooks, so 100 per second is ten such orders each second, and 500 at once is
   * fifty of them. The maxima are API Gateway's default limits for a region.
   */
  throttleRatePerSecond: wholeNumber({ min: 1, max: 10_000, fallback: 100 }),
  throttleBurst: wholeNumber({ min: 1, max: 5_000, fallback: 500 }),

  logRetentionDays: number()
    .pipe(z.literal(LOG_RETENTION_DAYS))
    .default(RetentionDays.ONE_MONTH)
    .describe(`one of ${LOG_RETENTION_DAYS.join(', ')}`),

  /** Address blocks of the deployer's own network. Endpoints in them may use plain http and any port. */
  allowedCidrs: z
    .string()
    .superRefine((text, context) => {
      for (const fault of text === '' ? [] : text.split(',').map(faultOfCidr))
        if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .default('')
    .describe('complete CIDR blocks parted by commas, such as 10.0.0.0/8,fd00::/8'),

  /**
   * The SSM parameters that fan-out and deliver may read for endpoints that refer to secrets. A name may end in `*`.
   * Defaults to `/<stackName>/*`.
   */
  secretParameters: z
    .string()
    .regex(listOf(String.raw`/[\w./-]+`))
    .optional()
    .describe('names of SSM parameters parted by commas, such as /erp/token,/shop/*'),

  /** The Secrets Manager secrets that they may read, through the parameter `/aws/reference/secretsmanager/<name>`. */
  secretsManagerSecrets: z
    .string()
    .regex(listOf(String.raw`[\w/+=.@-]+`))
    .default('')
    .describe('names of secrets parted by commas, such as erp-token,shop/*'),

  /**
   * `customer` creates a customer managed key for tables and queues. It costs a dollar a month and a little per use.
   */
  encryptionKey: z.enum(['aws', 'customer']).default('aws').describe('aws or customer'),

  /** Alarms notify an e-mail address, which AWS asks to confirm, or an existing SNS topic. */
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
   * An alarm rings when no webhook arrived for this many hours; 0 disables it. The maximum is a week, because an alarm
   * looks back no further (PutMetricAlarm: 604,800 seconds for periods of an hour).
   */
  silenceHours: wholeNumber({ min: 0, max: 168, fallback: 0 }),

  /** Whether the tables outlive the stack. `retain` also protects them from deletion by mistake. */
  removalPolicy: z.enum(['retain', 'destroy']).default('retain').describe('retain or destroy'),
});

export type StackConfig = z.output<typeof configSchema> & { readonly secretParameters: string };

/** The context contains unknown keys or wrong values. The message names each of them. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads the configuration from a CDK app's context (`app.node.getAllContext()`), and ignores CDK's own keys there.
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
      : issue.path.slice(0, 1).map((key) => describeIssue(String(key), given[String(key)], issue)),
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

/** A check of this file names the fault itself. Otherwise the allowed values are named. */
function describeIssue(key: string, value: unknown, { code, message }: z.core.$ZodIssue): string {
  return code === 'custom' ? `- ${key}: ${message}` : describeWrong(key, value);
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

/** Matches a comma-separated list of names, each with an optional `*` at its end. The list may be empty. */
function listOf(name: string): RegExp {
  return new RegExp(String.raw`^(${name}\*?(,${name}\*?)*)?$`);
}

/** `-c key=value` passes text; cdk.json may also contain numbers. */
function number() {
  return z.union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ]);
}
