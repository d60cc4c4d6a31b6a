import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arnOf, type Statement, statementsOf, theTemplate } from './the-template.ts';

const template = theTemplate();
const FUNCTION_ROLES = ['IngestRole', 'FanOutRole', 'DeliverRole', 'SweepRole'];
const ROLES = [...FUNCTION_ROLES, 'SweepScheduleRole'];

const confinedTo = (...kinds: readonly string[]) => ({
  'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': kinds },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});
const READS = { Action: ['dynamodb:Query'] };

describe('the permissions', () => {
  it('are those of one role for each function and one for the schedule, with no managed policy among them', () => {
    expect(Object.keys(template.findResources('AWS::IAM::Role')).toSorted()).toEqual(ROLES.toSorted());
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  it.each(ROLES)('of %s name every action and every resource, without a wildcard but for secrets', (role) => {
    const others = statementsOf(template, role).filter(({ Action }) => Action.join() !== 'ssm:GetParameter');

    expect(JSON.stringify(others)).not.toContain('*');
  });

  it.each(ROLES)('of %s allow no Scan, which would pass the condition on health rows', (role) => {
    expect(actionsOf(role)).not.toContain('dynamodb:Scan');
  });

  it.each([
    [
      'IngestRole',
      {
        EventLogTable: ['dynamodb:PutItem', 'dynamodb:Query'],
        ConfigTable: ['dynamodb:Query'],
        EventsQueue: ['sqs:SendMessage'],
        IngestLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      },
    ],
    [
      'FanOutRole',
      {
        EventLogTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        ConfigTable: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        EventsQueue: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ],
        EventsDeadLetterQueue: ['sqs:SendMessage'],
        DeliveriesQueue: ['sqs:SendMessage'],
        'ssm parameter/SensariaRelay/*': ['ssm:GetParameter'],
        FanOutLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      },
    ],
    [
      'DeliverRole',
      {
        EventLogTable: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        'EventLogTable/index/owed': ['dynamodb:Query'],
        ConfigTable: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        DeliveriesQueue: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        DeliveriesDeadLetterQueue: ['sqs:SendMessage'],
        'ssm parameter/SensariaRelay/*': ['ssm:GetParameter'],
        DeliverLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      },
    ],
    [
      'SweepRole',
      {
        EventLogTable: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        'EventLogTable/index/byTime': ['dynamodb:Query'],
        'EventLogTable/index/owed': ['dynamodb:Query'],
        ConfigTable: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        EventsQueue: ['sqs:SendMessage'],
        DeliveriesQueue: ['sqs:SendMessage'],
        SweepLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      },
    ],
    ['SweepScheduleRole', { SweepFunction: ['lambda:InvokeFunction'] }],
  ])('of %s are exactly what it needs', (role, needed) => {
    expect(actionsByResource(role)).toEqual(needed);
  });

  it.each([
    ['IngestRole', [{ ...READS, Condition: confinedTo('source') }]],
    [
      'FanOutRole',
      [
        { ...READS, Condition: confinedTo('endpoint', 'health', 'source') },
        { Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], Condition: confinedTo('health') },
      ],
    ],
    [
      'DeliverRole',
      [
        { ...READS, Condition: confinedTo('endpoint', 'health') },
        { Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], Condition: confinedTo('health') },
      ],
    ],
    [
      'SweepRole',
      [
        { ...READS, Condition: confinedTo('endpoint', 'health') },
        {
          Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
          Condition: confinedTo('health'),
        },
      ],
    ],
  ])(
    'of %s confine what it reads of Config to what it needs, and what it writes to health',
    (role, needed) => {
      const onConfig = statementsOf(template, role).filter(({ Resource }) =>
        Resource.map(nameOf).includes('ConfigTable'),
      );

      expect(onConfig.map(({ Action, Condition }) => ({ Action, Condition }))).toEqual(needed);
    },
  );

  it.each(['FanOutRole', 'DeliverRole'])('of %s let it read the secrets that the deployer names', (role) => {
    const context = { secretParameters: '/erp/token,/shop/*', secretsManagerSecrets: 'erp-token,shop/*' };

    expect(readableBy(role, theTemplate(context))).toEqual({
      'ssm parameter/erp/token': ['ssm:GetParameter'],
      'ssm parameter/shop/*': ['ssm:GetParameter'],
      'ssm parameter/aws/reference/secretsmanager/erp-token': ['ssm:GetParameter'],
      'ssm parameter/aws/reference/secretsmanager/shop/*': ['ssm:GetParameter'],
      'secretsmanager secret:erp-token-??????': ['secretsmanager:GetSecretValue'],
      'secretsmanager secret:shop/*': ['secretsmanager:GetSecretValue'],
    });
    expect(readableBy(role, theTemplate({ secretParameters: '' }))).toEqual({});
    expect(readableBy(role, theTemplate({ stackName: 'ShopRelay' }))).toEqual({
      'ssm parameter/ShopRelay/*': ['ssm:GetParameter'],
    });
  });

  it('let nobody but Lambda act as a function', () => {
    for (const role of FUNCTION_ROLES) expect(principalsOf(role)).toEqual(['lambda.amazonaws.com']);
  });

  it('let nobody but a schedule of this account act as the schedule', () => {
    expect(principalsOf('SweepScheduleRole')).toEqual(['scheduler.amazonaws.com']);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{ Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } }],
      },
    });
  });

  it('let the webhook API invoke ingest, and no one invoke another function from outside', () => {
    template.resourceCountIs('AWS::Lambda::Permission', 1);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: arnOf('IngestFunction'),
      Principal: 'apigateway.amazonaws.com',
    });
  });
});

function actionsOf(role: string): string[] {
  return statementsOf(template, role).flatMap(({ Action }) => Action);
}

/** The resources outside the stack that a role may read. */
function readableBy(role: string, of: Template): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(actionsByResource(role, of)).filter(([name]) => /^(ssm|secretsmanager) /.test(name)),
  );
}

function actionsByResource(role: string, of = template): Record<string, string[]> {
  const actions: Record<string, string[]> = {};
  for (const { Action, Resource } of statementsOf(of, role)) {
    for (const name of Resource.map(nameOf)) {
      actions[name] = [...(actions[name] ?? []), ...Action].toSorted();
    }
  }
  return actions;
}

/** The ARN of something that is not in the stack, of its own account and region. */
const namedSchema = z.object({
  'Fn::Join': z.tuple([
    z.literal(''),
    z.tuple([
      z.literal('arn:'),
      z.object({ Ref: z.literal('AWS::Partition') }),
      z.string(),
      z.object({ Ref: z.literal('AWS::Region') }),
      z.literal(':'),
      z.object({ Ref: z.literal('AWS::AccountId') }),
      z.string(),
    ]),
  ]),
});

/** The logical id of the resource whose ARN it is; of one that is not in the stack, its service and name. */
function nameOf(resource: Statement['Resource'][number]): string {
  const index = ['owed', 'byTime'].find(
    (name) => JSON.stringify(resource) === JSON.stringify(arnOfIndex(name)),
  );
  if (index !== undefined) return `EventLogTable/index/${index}`;
  const named = namedSchema.safeParse(resource);
  if (named.success) {
    const [, , service, , , , name] = named.data['Fn::Join'][1];
    return `${service.slice(1, -1)} ${name.slice(1)}`;
  }
  return z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).parse(resource)['Fn::GetAtt'][0];
}

function arnOfIndex(name: string) {
  return { 'Fn::Join': ['', [arnOf('EventLogTable'), `/index/${name}`]] };
}

function principalsOf(role: string): string[] {
  const { Properties } = z
    .object({
      Properties: z.object({
        AssumeRolePolicyDocument: z.object({
          Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }) })),
        }),
      }),
    })
    .parse(template.findResources('AWS::IAM::Role')[role]);
  return Properties.AssumeRolePolicyDocument.Statement.map(({ Principal }) => Principal.Service);
}
