import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationError } from '../../lib/stack/config.ts';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { statementsOf, theTemplate } from './the-template.ts';

const template = theTemplate();

describe('the stack', () => {
  it('is made of these types of resources alone, none of them custom', () => {
    const { Resources } = z
      .object({ Resources: z.record(z.string(), z.object({ Type: z.string() })) })
      .parse(template.toJSON());
    const types = new Set(Object.values(Resources).map(({ Type }) => Type));

    expect([...types].toSorted()).toEqual([
      'AWS::ApiGatewayV2::Api',
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Stage',
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::DynamoDB::Table',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::Logs::MetricFilter',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
    ]);
  });

  it('says where the webhook address starts', () => {
    template.hasOutput('WebhookBaseAddress', {
      Value: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['WebhookApi', 'ApiEndpoint'] }, '/webhooks/']] },
    });
  });

  it.each([
    ['ConfigTableName', 'ConfigTable'],
    ['EventLogTableName', 'EventLogTable'],
    ['EventsQueueUrl', 'EventsQueue'],
    ['EventsDeadLetterQueueUrl', 'EventsDeadLetterQueue'],
    ['DeliveriesQueueUrl', 'DeliveriesQueue'],
    ['DeliveriesDeadLetterQueueUrl', 'DeliveriesDeadLetterQueue'],
  ])('says under %s how the CLI finds %s', (output, resource) => {
    template.hasOutput(output, { Value: { Ref: resource } });
  });

  it('says how long the CLI is to keep what it writes', () => {
    const configured = theTemplate({ retentionDays: '60', payloadRetentionDays: '90' });

    configured.hasOutput('RetentionDays', { Value: '60' });
    configured.hasOutput('PayloadRetentionDays', { Value: '60' });
  });

  it('says after how many hours without a webhook it sends a notice', () => {
    theTemplate({ silenceHours: '12' }).hasOutput('SilenceHours', { Value: '12' });
    template.hasOutput('SilenceHours', { Value: '0' });
  });

  it('can stand beside another in one account, because each fixed name in it begins with its own', () => {
    const fixedName = /"(TableName|QueueName|FunctionName|RoleName|LogGroupName)":"([^"]*)"/g;
    const names = [...JSON.stringify(template.toJSON()).matchAll(fixedName)].map(([, , name]) => name);

    expect(names).toEqual(['/aws/vendedlogs/SensariaRelay/webhooks']);
  });

  it('traces nothing unless the deployer says so', () => {
    expect(JSON.stringify(template.toJSON())).not.toMatch(/TracingConfig|TracingEnabled|x-?ray|EVENT_TRACES/);
  });

  // X-Ray traces REST APIs, and no HTTP APIs: https://docs.aws.amazon.com/xray/latest/devguide/xray-services-apigateway.html
  it.each(['true', true])(
    'traces the functions with tracing=%j, and not the API, whose trace would have the address of the webhook in it',
    (tracing) => {
      const traced = theTemplate({ tracing });

      traced.allResourcesProperties('AWS::Lambda::Function', {
        TracingConfig: { Mode: 'Active' },
        Environment: { Variables: { EVENT_TRACES: 'x-ray' } },
      });
      expect(Object.values(traced.findResources('AWS::ApiGatewayV2::Api'))).toMatchObject([
        { Properties: { ProtocolType: 'HTTP' } },
      ]);
      expect(JSON.stringify(traced.findResources('AWS::ApiGatewayV2::Stage'))).not.toMatch(/[Tt]rac/);
      for (const role of ['IngestRole', 'FanOutRole', 'DeliverRole', 'SweepRole'])
        expect(statementsOf(traced, role)).toContainEqual({
          Effect: 'Allow',
          Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
          Resource: ['*'],
        });
    },
  );

  // A library for tracing records the URLs of requests, and so the addresses and tokens of endpoints.
  it('has no library for tracing in the functions', () => {
    expect(
      Object.keys(packageJson.dependencies).filter((name) => /trac|xray|opentelemetry/.test(name)),
    ).toEqual([]);
  });

  it('keeps its logical ids whatever its name', () => {
    const renamed = theTemplate({ stackName: 'Another' });

    expect(Object.keys(renamed.findResources('AWS::DynamoDB::Table'))).toEqual(
      Object.keys(template.findResources('AWS::DynamoDB::Table')),
    );
  });

  it('is not built from a context that is wrong', () => {
    expect(() => synthesizeTemplate({ retentionDays: 'for ever' })).toThrow(ConfigurationError);
  });
});
