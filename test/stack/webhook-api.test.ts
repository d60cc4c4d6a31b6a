import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arnOf, propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate();

describe('the webhook API', () => {
  it('has the one route of the webhook address, for every method: nobody documents the one of the Hub’s Test button', () => {
    const keys = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties.RouteKey,
    );

    expect(keys).toEqual(['ANY /webhooks/{token+}']);
  });

  it('hands the request to ingest, in payload format 2.0', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Integration', 1);
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: arnOf('IngestFunction'),
      PayloadFormatVersion: '2.0',
    });
  });

  it('stands at the root of its host, and a new version of it is live at once', () => {
    expect(propertiesOf(template, 'WebhookStage')).toMatchObject({ StageName: '$default', AutoDeploy: true });
  });

  it('refuses only what no Hub sends', () => {
    expect(propertiesOf(template, 'WebhookStage').DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 100,
      ThrottlingBurstLimit: 500,
    });
  });

  it('refuses what the deployer says', () => {
    const configured = theTemplate({ throttleRatePerSecond: '20', throttleBurst: '40' });

    expect(propertiesOf(configured, 'WebhookStage').DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 20,
      ThrottlingBurstLimit: 40,
    });
  });

  it('logs each access as JSON, without anything that tells the token, the order or the caller', () => {
    const { AccessLogSettings } = z
      .object({ AccessLogSettings: z.object({ DestinationArn: z.unknown(), Format: z.string() }) })
      .parse(propertiesOf(template, 'WebhookStage'));

    expect(AccessLogSettings.DestinationArn).toEqual(arnOf('WebhookAccessLog'));
    expect(JSON.parse(AccessLogSettings.Format)).toEqual({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      routeKey: '$context.routeKey',
      status: '$context.status',
      responseLength: '$context.responseLength',
      responseLatencyMs: '$context.responseLatency',
      integrationLatencyMs: '$context.integrationLatency',
      integrationError: '$context.integrationErrorMessage',
    });
  });

  it('counts in the access log the requests that were refused, but not by the throttle', () => {
    expect(propertiesOf(theTemplate({ stackName: 'ShopRelay' }), 'WebhooksRefusedFilter')).toEqual({
      LogGroupName: { Ref: 'WebhookAccessLog' },
      FilterPattern: '{ ($.status = "4*") && ($.status != "429") }',
      MetricTransformations: [
        { MetricNamespace: 'SensariaRelay/ShopRelay', MetricName: 'WebhooksRefused', MetricValue: '1' },
      ],
    });
  });

  it('has a name and a log group for the longest stack name, within the limits of AWS', () => {
    const stackName = 'S'.repeat(128);
    const longest = theTemplate({ stackName });

    expect(propertiesOf(longest, 'WebhookApi').Name).toBe(stackName);
    expect(propertiesOf(longest, 'WebhookAccessLog').LogGroupName).toBe(
      `/aws/vendedlogs/${stackName}/webhooks`,
    );
  });

  it('has one address: that of its domain, if there is one', () => {
    const plain = propertiesOf(template, 'WebhookApi');
    const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/1a2b';
    const named = theTemplate({ domainName: 'hooks.example.com', certificateArn });

    expect(plain).not.toHaveProperty('DisableExecuteApiEndpoint');
    expect(propertiesOf(named, 'WebhookApi').DisableExecuteApiEndpoint).toBe(true);
    named.hasOutput('WebhookBaseAddress', { Value: 'https://hooks.example.com/webhooks/' });
    named.hasOutput('WebhookDomainTarget', {
      Value: { 'Fn::GetAtt': ['WebhookDomain', 'RegionalDomainName'] },
    });
    expect(propertiesOf(named, 'WebhookDomain')).toMatchObject({
      DomainName: 'hooks.example.com',
      DomainNameConfigurations: [{ CertificateArn: certificateArn, EndpointType: 'REGIONAL' }],
    });
    named.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', {
      ApiId: { Ref: 'WebhookApi' },
      DomainName: { Ref: 'WebhookDomain' },
      Stage: '$default',
    });
    named.resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  it('adds the record of its domain to the hosted zone', () => {
    const zoned = theTemplate({
      domainName: 'hooks.example.com',
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/1a2b',
      hostedZoneId: 'Z0123456789ABC',
    });

    expect(propertiesOf(zoned, 'WebhookDomainRecord')).toMatchObject({
      Name: 'hooks.example.com.',
      Type: 'A',
      HostedZoneId: 'Z0123456789ABC',
      AliasTarget: { DNSName: { 'Fn::GetAtt': ['WebhookDomain', 'RegionalDomainName'] } },
    });
  });
});
