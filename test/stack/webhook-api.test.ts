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

  it('counts in the access log what the throttle has refused, under the stack’s own name', () => {
    expect(propertiesOf(theTemplate({ stackName: 'ShopRelay' }), 'WebhooksThrottledFilter')).toEqual({
      LogGroupName: { Ref: 'WebhookAccessLog' },
      FilterPattern: '{ $.status = "429" }',
      MetricTransformations: [
        { MetricNamespace: 'SensariaRelay/ShopRelay', MetricName: 'WebhooksThrottled', MetricValue: '1' },
      ],
    });
  });
});
