/** A Lambda function of the template. */
import { z } from 'zod';
import { LAMBDA } from '../../contract/service-limits.ts';
import { HANDLER_METADATA } from '../../contract/template.ts';
import { TemplateError } from './cloudformation.ts';
import { functionArn } from './identity.ts';
import type { KnownProperties } from './properties.ts';

const schema = z.strictObject({
  FunctionName: z.string().optional(),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
  Timeout: z.int().min(1).max(LAMBDA.timeoutSeconds).default(3),
  MemorySize: z.int().min(LAMBDA.memoryMb.min).max(LAMBDA.memoryMb.max).default(LAMBDA.memoryMb.min),
  LoggingConfig: z
    .strictObject({
      LogFormat: z.enum(['JSON', 'Text']).optional(),
      ApplicationLogLevel: z.string().optional(),
    })
    .optional(),
});

export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Path of the source file from the root of the repository. */
  readonly handlerFile: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

export const LAMBDA_FUNCTION: KnownProperties<z.output<typeof schema>> = {
  schema,
  ignored: {
    Architectures: 'this machine has the one it has',
    Code: 'the bundle is made from the source file that runs here',
    Description: 'for people who look at the AWS console',
    Handler: 'names the export within the bundle; the source file exports `handler`',
    'LoggingConfig.LogGroup': 'what handlers write is shown, and kept in the data folder when asked for',
    'LoggingConfig.SystemLogLevel': 'the lines are those of Lambda itself',
    RecursiveLoop: 'nothing here detects loops, so none is stopped',
    Role: 'there are no permissions on this machine',
    Runtime: 'the Node that runs the relay runs its functions',
    Tags: 'for people who look at the AWS console',
    TracingConfig: 'there is no X-Ray on this machine',
    VpcConfig: 'functions use the network of this machine',
  },
};

/** @throws {TemplateError} when the metadata does not name the source file */
export function functionOf(
  name: string,
  whose: string,
  metadata: Readonly<Record<string, unknown>>,
  values: z.output<typeof schema>,
): FunctionDefinition {
  const handlerFile = z.string().safeParse(metadata[HANDLER_METADATA]);
  if (!handlerFile.success) {
    throw new TemplateError(`${whose}: its metadata has no ${HANDLER_METADATA}, the path of its source file`);
  }
  return {
    name,
    arn: functionArn(name),
    handlerFile: handlerFile.data,
    environment: { ...logEnvironment(values.LoggingConfig), ...values.Environment?.Variables },
    timeoutSeconds: values.Timeout,
    memoryMb: values.MemorySize,
  };
}

/** The variables by which Lambda passes log settings. Powertools reads the level. */
function logEnvironment(logging: z.output<typeof schema>['LoggingConfig']): Record<string, string> {
  return {
    ...(logging?.LogFormat !== undefined && { AWS_LAMBDA_LOG_FORMAT: logging.LogFormat }),
    ...(logging?.ApplicationLogLevel !== undefined && { AWS_LAMBDA_LOG_LEVEL: logging.ApplicationLogLevel }),
  };
}

const invokeConfigSchema = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST'),
  MaximumEventAgeInSeconds: z.number().optional(),
  MaximumRetryAttempts: z.literal(0, 'must be 0: the emulator never repeats an asynchronous invocation'),
});

/** The retries of asynchronous invocations. */
export const EVENT_INVOKE_CONFIG: KnownProperties<z.output<typeof invokeConfigSchema>> = {
  schema: invokeConfigSchema,
  ignored: {},
};
