/** One Lambda function of the relay: its source file, bundled; its role, which may do what is listed; its log. */
import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type EventInvokeConfigOptions,
  LoggingFormat,
  type RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { HANDLER_METADATA } from '../contract/template.ts';
import { BUNDLING, bundleBeside } from './bundling.ts';
import { nameLogically } from './logical-id.ts';
import { mayLog } from './permissions.ts';

/** Where CloudWatch keeps what the functions count; the stack's name tells one relay's from another's. */
export const METRICS_NAMESPACE = 'SensariaRelay';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

export interface RelayFunctionProps {
  /** Path of the source file from the root of the repository; it exports `handler`. */
  readonly handler: string;
  /** Source files that are no part of its own bundle, but bundled one by one beside it: what it starts as a process. */
  readonly beside?: readonly string[];
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly may: readonly PolicyStatement[];
  readonly logRetentionDays: RetentionDays;
  readonly recursiveLoop?: RecursiveLoop;
  /** What becomes of its asynchronous invocations, if it has any. */
  readonly asynchronously?: Pick<EventInvokeConfigOptions, 'retryAttempts' | 'maxEventAge'>;
}

export class RelayFunction extends Construct {
  readonly lambda: NodejsFunction;

  /** @param name in the logical ids, as in `IngestFunction`, `IngestRole`, `IngestLog` */
  constructor(scope: Construct, name: string, props: RelayFunctionProps) {
    super(scope, name);
    // Logs hold no event, and expire by themselves: none is worth leaving behind when the stack is deleted.
    const logGroup = new LogGroup(this, 'Log', {
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    nameLogically(logGroup, `${name}Log`);

    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { may: new PolicyDocument({ statements: [mayLog(logGroup), ...props.may] }) },
    });
    nameLogically(role, `${name}Role`);

    this.lambda = new NodejsFunction(this, 'Function', {
      description: props.description,
      entry: `${REPOSITORY}${props.handler}`,
      projectRoot: REPOSITORY,
      depsLockFilePath: `${REPOSITORY}package-lock.json`,
      bundling:
        props.beside === undefined ? BUNDLING : { ...BUNDLING, ...bundleBeside(REPOSITORY, props.beside) },
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        // One service for all four, because it is a dimension of every metric, and each dimension is billed.
        POWERTOOLS_SERVICE_NAME: Stack.of(this).stackName,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        ...props.environment,
      },
      // An option for version 2 of the SDK, which nothing here uses.
      awsSdkConnectionReuse: false,
      role,
      logGroup,
      // Only the JSON format has levels. At WARN, Lambda says when a run failed or timed out, and is silent about the
      // others: its two lines for each would be most of what CloudWatch bills.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.recursiveLoop !== undefined && { recursiveLoop: props.recursiveLoop }),
      ...props.asynchronously,
    });
    nameLogically(this.lambda, `${name}Function`).addMetadata(HANDLER_METADATA, props.handler);
  }
}
