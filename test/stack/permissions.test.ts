import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arnOf, type Statement, statementsOf, theTemplate } from './the-template.ts';

const template = theTemplate();
const FUNCTION_ROLES = ['IngestRole', 'FanOutRole', 'DeliverRole', 'SweepRole'];
const ROLES = [...FUNCTION_ROLES, 'SweepScheduleRole'];

const OWED_INDEX = { 'Fn::Join': ['', [arnOf('EventLogTable'), '/index/owed']] };
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

  it.each(ROLES)('of %s name every action and every resource, without a wildcard', (role) => {
    const written = JSON.stringify(statementsOf(template, role));

    expect(written).not.toContain('*');
  });

  it.each(ROLES)('of %s allow no Scan, which would pass the condition on health rows', (role) => {
    expect(actionsOf(role)).not.toContain('dynamodb:Scan');
  });

  it.each([
    [
      'IngestRole',
      {
        EventLogTable: ['dynamodb:BatchWriteItem', 'dynamodb:Query'],
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
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        DeliveriesDeadLetterQueue: ['sqs:SendMessage'],
        DeliverLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      },
    ],
    [
      'SweepRole',
      {
        EventLogTable: ['dynamodb:UpdateItem'],
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
        { ...READS, Condition: confinedTo('endpoint', 'health') },
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

function actionsByResource(role: string): Record<string, string[]> {
  const actions: Record<string, string[]> = {};
  for (const { Action, Resource } of statementsOf(template, role)) {
    for (const name of Resource.map(nameOf)) {
      actions[name] = [...(actions[name] ?? []), ...Action].toSorted();
    }
  }
  return actions;
}

/** The logical id of the resource whose ARN it is. */
function nameOf(resource: Statement['Resource'][number]): string {
  if (JSON.stringify(resource) === JSON.stringify(OWED_INDEX)) return 'EventLogTable/index/owed';
  return z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).parse(resource)['Fn::GetAtt'][0];
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
