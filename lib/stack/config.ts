/**
 * All settings of a deployment, as flat keys of the CDK context: `cdk deploy -c retentionDays=60 -c
 * fanOutConcurrency=8`.
 */
import { Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import leven from 'leven';
import { z } from 'zod';
import { faultOfCidr } from '../contract/cidr.ts';
import { RETENTION_DAYS } from '../contract/retention.ts';
import { LAMBDA } from '../contract/service-limits.ts';

/** The retention periods that CloudWatch Logs supports. CDK's INFINITE is not one of them. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** The keys with their defaults. Error messages quote the description as the allowed values. */
const configSchema = z.object({
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

  /** The webhook address's own domain, and its certificate in ACM, in the region of the stack. */
  domainName: text(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)?$/)
    .default('')
    .describe('a domain in lower case, such as webhooks.example.com'),
  certificateArn: text(/^(arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+)?$/)
    .default('')
    .describe('the ARN of a certificate in ACM'),
  /** The domain's hosted zone in Route 53, for the stack to add the record. */
  hostedZoneId: text(/^([A-Z0-9]{1,32})?$/)
    .default('')
    .describe('the id of a hosted zone, such as Z0123456789ABC'),

  /** The subnets and security groups of fan-out and deliver, for endpoints in a network of the deployer's own. */
  subnetIds: text(listOfIds('subnet'))
    .default('')
    .describe('ids of subnets parted by commas, such as subnet-0a1b2c3d,subnet-4e5f6a7b'),
  securityGroupIds: text(listOfIds('sg'))
    .default('')
    .describe('ids of security groups parted by commas, such as sg-0a1b2c3d'),

  /** Existing tables, such as those that a former stack left or that AWS restored. Both keep their rows. */
  configTable: tableName(),
  eventLogTable: tableName(),

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

  /** Alarms notify an e-mail address, which AWS asks to confirm, an existing SNS topic, or both. */
  alarmEmail: z
    .union([z.email(), z.literal('')])
    .default('')
    .describe('an e-mail address'),
  alarmTopicArn: text(/^(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)?$/)
    .default('')
    .describe('the ARN of an SNS topic'),

  /**
   * An alarm rings when no webhook arrived for this many hours; 0 disables it. The maximum is a week, because an alarm
   * looks back no further (PutMetricAlarm: 604,800 seconds for periods of an hour).
   */
  silenceHours: wholeNumber({ min: 0, max: 168, fallback: 0 }),

  /**
   * Records a part of the invocations in X-Ray, with their durations and the ids of their events. A trace contains no
   * address and no order: X-Ray does not trace HTTP APIs, and the functions' code adds nothing else.
   */
  tracing: z
    .union([z.boolean(), z.enum(['true', 'false']).transform((given) => given === 'true')])
    .default(false)
    .describe('true or false'),

  /** Whether the tables outlive the stack. `retain` also protects them from deletion by mistake. */
  removalPolicy: z.enum(['retain', 'destroy']).default('retain').describe('retain or destroy'),
});

/** Settings that are useless, or incomplete, without each other. */
const TOGETHER: readonly (readonly [
  keyof z.output<typeof configSchema>,
  keyof z.output<typeof configSchema>,
])[] = [
  ['domainName', 'certificateArn'],
  ['certificateArn', 'domainName'],
  ['hostedZoneId', 'domainName'],
  ['subnetIds', 'securityGroupIds'],
  ['securityGroupIds', 'subnetIds'],
];

export type StackConfig = z.output<typeof configSchema> & { readonly secretParameters: string };

/** The context contains wrong values. The message names each of them. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** A key that differs from a known one in this many letters is probably misspelt. */
const MISSPELT_LETTERS = 2;

/**
 * Reads the configuration from a CDK app's context (`app.node.getAllContext()`). The context also contains keys of CDK,
 * and those that a user has in `~/.cdk.json` for other apps, which are ignored.
 *
 * @throws {ConfigurationError} naming each wrong key, what was given and what is allowed
 */
export function readConfig(context: Readonly<Record<string, unknown>>): StackConfig {
  const parsed = configSchema.safeParse(context);
  const problems = parsed.success
    ? missing(parsed.data)
    : parsed.error.issues.flatMap((issue) =>
        issue.path.slice(0, 1).map((key) => describeIssue(String(key), context[String(key)], issue)),
      );
  if (!parsed.success || problems.length > 0)
    throw new ConfigurationError(`The stack cannot be built with this context:\n${problems.join('\n')}`);
  const { stackName, secretParameters = `/${stackName}/*` } = parsed.data;
  return { ...parsed.data, secretParameters };
}

function missing(config: z.output<typeof configSchema>): string[] {
  return TOGETHER.filter(([one, other]) => config[one] !== '' && config[other] === '').map(
    ([one, other]) => `- ${other}: is missing, and ${one} needs it`,
  );
}

/** A sentence for each key of the context that looks like a misspelt setting. */
export function misspeltKeys(context: Readonly<Record<string, unknown>>): string[] {
  const known = Object.keys(configSchema.shape);
  return Object.keys(context)
    .filter((key) => !known.includes(key))
    .flatMap((key) => {
      const meant = known.find((name) => isLike(name, key));
      return meant === undefined
        ? []
        : [`The context has no setting ${key}, which is ignored. Is ${meant} meant?`];
    });
}

/** `RetentionDays`, `retention-days` and `retentionDay` are like `retentionDays`. */
function isLike(name: string, key: string): boolean {
  const letters = key.toLowerCase().replaceAll(/[-_ ]/g, '');
  return leven(name.toLowerCase(), letters, { maxDistance: MISSPELT_LETTERS + 1 }) <= MISSPELT_LETTERS;
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

/** Matches a comma-separated list of the ids of VPC resources. The list may be empty. */
function listOfIds(prefix: string): RegExp {
  return new RegExp(`^(${prefix}-[0-9a-f]{8,17}(,${prefix}-[0-9a-f]{8,17})*)?$`);
}

/** A text of this form, or one that the CDK knows only at deployment, such as the ARN of a topic in the same app. */
function text(form: RegExp) {
  return z.string().superRefine((given, context) => {
    if (Token.isUnresolved(given) || form.test(given)) return;
    context.addIssue({ code: 'invalid_format', format: 'regex', pattern: form.source });
  });
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
function tableName() {
  return text(/^([\w.-]{3,255})?$/)
    .default('')
    .describe('the name of a table');
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
