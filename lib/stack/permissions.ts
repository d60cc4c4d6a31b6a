/** What a function may do, as statements that name exact actions on exact resources. */
import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { ConfigKind } from '../contract/tables.ts';
import type { ReadableSecret } from './readable-secrets.ts';

/** Deliberately without Scan: no function needs one, and it would pass {@link mayUseConfig}'s condition. */
type TableAction = 'Query' | 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

export function mayUse(table: Table, ...actions: readonly TableAction[]): PolicyStatement {
  return new PolicyStatement({ actions: actions.map(dynamoDb), resources: [table.tableArn] });
}

export function mayQueryIndex(table: Table, indexName: string): PolicyStatement {
  return new PolicyStatement({
    actions: [dynamoDb('Query')],
    resources: [`${table.tableArn}/index/${indexName}`],
  });
}

/**
 * Lets a function use rows of some partitions of the Config table alone: what it does not need there, such as the
 * endpoints' addresses for ingest, it cannot read, and it never writes to what people wrote.
 * `ForAllValues` is also true of a request that names no key, so a second condition wants the key to be there:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function mayUseConfig(
  configTable: Table,
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

/** What an event source mapping needs of the role of the function that it invokes. */
export function mayConsume(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resources: [queue.queueArn],
  });
}

/** Lets a function keep a message hidden for longer, or have it back sooner, than the queue's visibility timeout says. */
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

function dynamoDb(action: TableAction): string {
  return `dynamodb:${action}`;
}

/**
 * What DynamoDB and SQS want of whoever uses what is encrypted with a key of the account's own
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
