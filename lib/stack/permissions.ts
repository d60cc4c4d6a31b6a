/** The functions' permissions, as policy statements with exact actions on exact resources. */
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { ConfigKind } from '../contract/tables.ts';
import type { ReadableSecret } from './readable-secrets.ts';
import type { RelayTable } from './tables.ts';

/** Deliberately without Scan: no function needs one, and it would pass {@link mayUseConfig}'s condition. */
type TableAction = 'Query' | 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

export function mayUse(table: RelayTable, ...actions: readonly TableAction[]): PolicyStatement {
  return new PolicyStatement({ actions: actions.map(dynamoDb), resources: [table.tableArn] });
}

export function mayQueryIndex(table: RelayTable, indexName: string): PolicyStatement {
  return new PolicyStatement({
    actions: [dynamoDb('Query')],
    resources: [`${table.tableArn}/index/${indexName}`],
  });
}

/**
 * Allows actions on some partitions of the Config table only. So ingest cannot read endpoints, and no function can
 * change the rows that people write. `ForAllValues` is also true for a request without a key, so the second condition
 * requires one:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function mayUseConfig(
  configTable: RelayTable,
  kinds: readonly ConfigKind[],
  ...actions: readonly TableAction[]
): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map(dynamoDb),
    resources: [configTable.tableArn],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': kinds },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  });
}

export function maySend(...queues: readonly IQueue[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: queues.map((queue) => queue.queueArn),
  });
}

/** The permissions that an event source mapping needs in the function's role. */
export function mayConsume(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resources: [queue.queueArn],
  });
}

/** Allows a function to extend or shorten the visibility timeout of a message. */
export function mayChangeVisibility(queue: IQueue): PolicyStatement {
  return new PolicyStatement({ actions: ['sqs:ChangeMessageVisibility'], resources: [queue.queueArn] });
}

export function mayInvoke(lambda: IFunction): PolicyStatement {
  return new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] });
}

export function mayLog(logGroup: ILogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}

/** The permissions that Lambda needs to attach a function to subnets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
export function mayAttachToNetwork(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  });
}

/** X-Ray has no resources that a policy could name (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html). */
export function mayTrace(): PolicyStatement {
  return new PolicyStatement({
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    resources: ['*'],
  });
}

function dynamoDb(action: TableAction): string {
  return `dynamodb:${action}`;
}

/**
 * The permissions that DynamoDB and SQS require for data under a customer managed key
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html).
 */
export function mayUseKey(key: IKey): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
  });
}

export function mayRead(scope: IConstruct, secrets: readonly ReadableSecret[]): PolicyStatement[] {
  const { partition, region, account } = Stack.of(scope);
  const arnOf = ({ service, resource }: ReadableSecret) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  return [...Map.groupBy(secrets, ({ action }) => action)].map(
    ([action, readable]) => new PolicyStatement({ actions: [action], resources: readable.map(arnOf) }),
  );
}
