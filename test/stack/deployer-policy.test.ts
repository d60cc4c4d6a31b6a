import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';

/** The IAM prefix of the service that manages a type of resource. */
const SERVICES: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Api': 'apigateway',
  'AWS::ApiGatewayV2::ApiMapping': 'apigateway',
  'AWS::ApiGatewayV2::DomainName': 'apigateway',
  'AWS::ApiGatewayV2::Integration': 'apigateway',
  'AWS::ApiGatewayV2::Route': 'apigateway',
  'AWS::ApiGatewayV2::Stage': 'apigateway',
  'AWS::CloudWatch::Alarm': 'cloudwatch',
  'AWS::CloudWatch::Dashboard': 'cloudwatch',
  'AWS::DynamoDB::Table': 'dynamodb',
  'AWS::IAM::Role': 'iam',
  'AWS::KMS::Key': 'kms',
  'AWS::Lambda::EventInvokeConfig': 'lambda',
  'AWS::Lambda::EventSourceMapping': 'lambda',
  'AWS::Lambda::Function': 'lambda',
  'AWS::Lambda::Permission': 'lambda',
  'AWS::Logs::LogGroup': 'logs',
  'AWS::Logs::MetricFilter': 'logs',
  'AWS::Route53::RecordSet': 'route53',
  'AWS::SNS::Subscription': 'sns',
  'AWS::SNS::Topic': 'sns',
  'AWS::SNS::TopicPolicy': 'sns',
  'AWS::SQS::Queue': 'sqs',
  'AWS::SQS::QueuePolicy': 'sqs',
  'AWS::Scheduler::Schedule': 'scheduler',
};

/** Services that CloudFormation calls for these resources: network, code, and the bootstrap version. */
const BESIDE = ['ec2', 's3', 'ssm'];

const EVERY_OPTION = {
  encryptionKey: 'customer',
  domainName: 'webhooks.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b',
  hostedZoneId: 'Z0123456789ABC',
  subnetIds: 'subnet-0a1b2c3d',
  securityGroupIds: 'sg-0a1b2c3d',
  alarmEmail: 'you@example.com',
  silenceHours: '24',
};

const oneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const policySchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({ Sid: z.string(), Effect: z.literal('Allow'), Action: oneOrMany, Resource: oneOrMany }),
  ),
});

const { Statement: statements } = policySchema.parse(
  JSON.parse(readFileSync(new URL('../../docs/deployer-policy.json', import.meta.url), 'utf8')),
);

function typesOf(context: Readonly<Record<string, string>>): string[] {
  const { Resources } = z
    .looseObject({ Resources: z.record(z.string(), z.looseObject({ Type: z.string() })) })
    .parse(synthesizeTemplate(context).template);
  return [...new Set(Object.values(Resources).map(({ Type }) => Type))].toSorted();
}

const serviceOf = (action: string) => action.replace(/:.*/, '');

describe('the policy for CloudFormation', () => {
  it('covers the service of every type of resource that the stack can have, and no other service', () => {
    const types = typesOf(EVERY_OPTION);
    const needed = new Set(types.map((type) => SERVICES[type] ?? `no service for ${type}`));
    const allowed = new Set(statements.flatMap(({ Action }) => Action.map(serviceOf)));

    expect(types).toEqual(expect.arrayContaining(['AWS::KMS::Key', 'AWS::Route53::RecordSet']));
    expect([...allowed].toSorted()).toEqual([...needed, ...BESIDE].toSorted());
  });

  it('needs the statements for keys and hosted zones only with these settings', () => {
    const optional = (service: string) => typesOf({}).some((type) => SERVICES[type] === service);

    expect([optional('kms'), optional('route53')]).toEqual([false, false]);
    expect(statements.map(({ Sid }) => Sid)).toEqual(
      expect.arrayContaining(['OnlyWithEncryptionKeyCustomer', 'OnlyWithHostedZoneId']),
    );
  });

  it('allows every action of a service only on resources whose names begin with the stack’s, or that AWS names', () => {
    const wide = statements.filter(({ Action }) => Action.some((action) => action.endsWith(':*')));

    for (const resource of wide.flatMap(({ Resource }) => Resource))
      expect(resource).toMatch(/STACK|:\/(apis|domainnames|tags)|:dashboard\/\*$|:event-source-mapping:\*$/);
  });

  it('passes and changes only the roles of the stack', () => {
    const ofIam = statements.filter(({ Action }) => Action.some((action) => action.startsWith('iam:')));

    expect(ofIam.flatMap(({ Resource }) => Resource)).toEqual([
      'arn:aws:iam::ACCOUNT:role/STACK-*',
      'arn:aws:iam::ACCOUNT:role/aws-service-role/ops.apigateway.amazonaws.com/*',
    ]);
  });
});
