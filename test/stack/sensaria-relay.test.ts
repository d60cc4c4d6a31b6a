import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { ConfigurationError } from '../../lib/stack/config.ts';
import { SensariaRelay } from '../../lib/stack/sensaria-relay.ts';
import { propertiesOf, statementsOf, theTemplate } from './the-template.ts';

function aStack(id = 'Shop'): Stack {
  return new Stack(
    new App({
      context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    }),
    id,
  );
}

function metricNames(template: Template): Set<unknown> {
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  return new Set(functions.map(({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME));
}

describe('the construct', () => {
  it('stands twice in a stack beside other resources, each relay with its own ids, metrics and outputs', () => {
    const stack = aStack();
    new Queue(stack, 'Other', { visibilityTimeout: Duration.minutes(1) });
    new SensariaRelay(stack, 'Orders');
    new SensariaRelay(new Construct(stack, 'Second'), 'Orders');

    const template = Template.fromStack(stack);

    expect(Object.keys(template.findResources('AWS::DynamoDB::Table')).sort()).toEqual([
      'OrdersConfigTable',
      'OrdersEventLogTable',
      'SecondOrdersConfigTable',
      'SecondOrdersEventLogTable',
    ]);
    template.resourceCountIs('AWS::SQS::Queue', 9);
    expect(metricNames(template)).toEqual(new Set(['Shop-Orders', 'Shop-Second-Orders']));
    for (const [prefix, name] of [
      ['Orders', 'Shop-Orders'],
      ['SecondOrders', 'Shop-Second-Orders'],
    ]) {
      template.hasOutput(`${prefix}ConfigTableName`, { Value: { Ref: `${prefix}ConfigTable` } });
      expect(propertiesOf(template, `${prefix}WorkFailingAlarm`).Dimensions).toEqual([
        { Name: 'service', Value: name },
      ]);
      expect(propertiesOf(template, `${prefix}WebhookAccessLog`).LogGroupName).toBe(
        `/aws/vendedlogs/${name}/webhooks`,
      );
    }
  });

  it('reads no parameter but those below its own name, unless told otherwise', () => {
    const stack = aStack();
    new SensariaRelay(stack, 'Orders');
    new SensariaRelay(stack, 'Told', { secretParameters: '/erp/token' });

    const template = Template.fromStack(stack);

    const readable = (role: string) =>
      JSON.stringify(
        statementsOf(template, role).filter(({ Action }) => Action.includes('ssm:GetParameter')),
      );
    expect(readable('OrdersFanOutRole')).toContain(':parameter/Shop-Orders/*"');
    expect(readable('ToldFanOutRole')).toContain(':parameter/erp/token"');
  });

  it('gives other resources access to its tables', () => {
    const stack = aStack();
    const relay = new SensariaRelay(stack, 'Orders');
    const statement = new PolicyStatement({ resources: [relay.eventLogTable.tableArn] });

    expect(stack.resolve(statement.resources)).toEqual([{ 'Fn::GetAtt': ['OrdersEventLogTable', 'Arn'] }]);
    expect(stack.resolve(relay.webhookBaseAddress)).toEqual({
      'Fn::Join': ['', [{ 'Fn::GetAtt': ['OrdersWebhookApi', 'ApiEndpoint'] }, '/webhooks/']],
    });
  });

  it('refuses a wrong setting as the stack does', () => {
    expect(() => new SensariaRelay(aStack(), 'Orders', { retentionDays: 1 })).toThrow(ConfigurationError);
  });

  it('is all that the stack of `npm run deploy` contains, under ids without a prefix', () => {
    const stack = aStack('ShopRelay');
    new SensariaRelay(stack, 'Relay', { relayName: 'ShopRelay', logicalIdPrefix: '' });
    const { Description: _, ...deployed } = theTemplate({ stackName: 'ShopRelay' }).toJSON();

    expect(Template.fromStack(stack).toJSON()).toEqual(deployed);
  });
});

describe('a network of the deployer\u2019s own', () => {
  const template = theTemplate({
    subnetIds: 'subnet-0a1b2c3d,subnet-4e5f6a7b',
    securityGroupIds: 'sg-0a1b2c3d',
  });
  const network = {
    SubnetIds: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'],
    SecurityGroupIds: ['sg-0a1b2c3d'],
  };

  it.each(['FanOut', 'Deliver'])('holds %s, which sends, and lets it attach', (name) => {
    expect(propertiesOf(template, `${name}Function`).VpcConfig).toEqual(network);
    const actions = statementsOf(template, `${name}Role`).flatMap(({ Action }) => Action);
    expect(actions).toContain('ec2:CreateNetworkInterface');
  });

  it.each(['Ingest', 'Sweep'])('does not hold %s, which sends nothing', (name) => {
    expect(propertiesOf(template, `${name}Function`)).not.toHaveProperty('VpcConfig');
    expect(JSON.stringify(statementsOf(template, `${name}Role`))).not.toContain('ec2:');
  });
});

describe('existing tables', () => {
  const template = theTemplate({ configTable: 'OldConfig', eventLogTable: 'OldEvents' });

  it('are used in place of new ones, and neither changed nor deleted', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', 0);
    template.hasOutput('ConfigTableName', { Value: 'OldConfig' });
    template.hasOutput('EventLogTableName', { Value: 'OldEvents' });
    expect(propertiesOf(template, 'IngestFunction')).toMatchObject({
      Environment: { Variables: { CONFIG_TABLE: 'OldConfig', EVENT_LOG_TABLE: 'OldEvents' } },
    });
  });

  it('may be used by the functions, with their indexes', () => {
    const resources = JSON.stringify(statementsOf(template, 'SweepRole').flatMap(({ Resource }) => Resource));

    for (const name of [':table/OldConfig"', ':table/OldEvents"', ':table/OldEvents/index/owed"'])
      expect(resources).toContain(name);
  });
});
