/** One Lambda function of the relay, with its bundle, its role and its log group. */
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  CfnFunction,
  type EventInvokeConfigOptions,
  Function as LambdaFunction,
  LoggingFormat,
  type RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TRACES_VARIABLE } from '../contract/environment.ts';
import { HANDLER_METADATA } from '../contract/template.ts';
import { bundledCode } from './bundling.ts';
import { setLogicalId } from './logical-id.ts';
import { mayAttachToNetwork, mayLog, mayTrace } from './permissions.ts';

/** The CloudWatch namespace of all relays. The dimension `service`, the relay's name, separates them. */
export const METRICS_NAMESPACE = 'SensariaRelay';

/** The root of this package: the source of the handlers is there, whether this file runs as TypeScript or compiled. */
const REPOSITORY = `${dirname(findPackageJSON(import.meta.url) ?? '.')}/`;

export interface RelayFunctionProps {
  /** The dimension of its metrics. */
  readonly relayName: string;
  /** Path of the source file from the root of the repository; it exports `handler`. */
  readonly handler: string;
  /** Source files that are bundled separately, each into a file beside the handler, which starts them as processes. */
  readonly processes?: readonly string[];
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly may: readonly PolicyStatement[];
  readonly logRetentionDays: RetentionDays;
  readonly recursiveLoop?: RecursiveLoop;
  /** Whether Lambda records a part of the invocations in X-Ray, and the function adds the events' ids. */
  readonly isTraced: boolean;
  /** Subnets and security groups of the deployer; without them, the network of AWS. */
  readonly network?: { readonly subnetIds: string[]; readonly securityGroupIds: string[] } | undefined;
  /** How Lambda retries its asynchronous invocations, if it has any. */
  readonly asynchronously?: Pick<EventInvokeConfigOptions, 'retryAttempts' | 'maxEventAge'>;
}

export class RelayFunction extends Construct {
  readonly lambda: LambdaFunction;

  /** @param name in the logical ids, as in `IngestFunction`, `IngestRole`, `IngestLog` */
  constructor(scope: Construct, name: string, props: RelayFunctionProps) {
    super(scope, name);
    // Logs contain no events and expire, so they are deleted with the stack.
    const logGroup = new LogGroup(this, 'Log', {
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    setLogicalId(logGroup, `${name}Log`);

    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        may: new PolicyDocument({
          statements: [
            mayLog(logGroup),
            ...props.may,
            ...(props.network ? [mayAttachToNetwork()] : []),
            ...(props.isTraced ? [mayTrace()] : []),
          ],
        }),
      },
    });
    setLogicalId(role, `${name}Role`);

    const { handler, processes = [] } = props;
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: bundledCode(REPOSITORY, { handler, processes }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: {
        // All four functions share one service name: it is a dimension of every metric, and CloudWatch bills each
        // value.
        POWERTOOLS_SERVICE_NAME: props.relayName,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        ...(props.isTraced && { [TRACES_VARIABLE]: 'x-ray' }),
        ...props.environment,
      },
      role,
      logGroup,
      // Only the JSON format has log levels. At WARN, Lambda logs failures and timeouts but not every invocation: those
      // lines would be most of the CloudWatch bill.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.recursiveLoop !== undefined && { recursiveLoop: props.recursiveLoop }),
      ...props.asynchronously,
    });
    setLogicalId(this.lambda, `${name}Function`).addMetadata(HANDLER_METADATA, handler);
    // `vpc` of the construct would need a look-up of the VPC. The ids say all that CloudFormation needs.
    if (!(this.lambda.node.defaultChild instanceof CfnFunction)) return;
    if (props.network !== undefined) this.lambda.node.defaultChild.vpcConfig = props.network;
    // The property of the construct would add a policy of its own to the role.
    if (props.isTraced) this.lambda.node.defaultChild.tracingConfig = { mode: 'Active' };
  }
}
