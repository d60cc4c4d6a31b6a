/** The HTTP API that receives the Hub's webhooks: the only public address of the stack. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TOKEN_PARAMETER } from '../contract/template.ts';
import type { StackConfig } from './config.ts';
import { customDomain } from './custom-domain.ts';
import { setLogicalId } from './logical-id.ts';
import { METRICS_NAMESPACE } from './relay-function.ts';

const PATH = '/webhooks/';
const PERIOD = Duration.minutes(5);

/**
 * The variable is greedy (`+`), because the path may end in a slash, as in the Hub's example
 * `https://host/path/?orderid=`. An HTTP API distinguishes `/webhooks/abc` from `/webhooks/abc/` and refuses a route
 * that ends in a slash. The function removes the slash, and answers 404 to every longer path.
 */
const ROUTE = `${PATH}{${TOKEN_PARAMETER}+}`;

/**
 * The Hub sends POST. Nobody documents the method of its Test button, so the function answers every method: it stores
 * nothing for a safe one, such as GET or HEAD, and takes every other for POST.
 */
const METHODS = [HttpMethod.ANY];

/**
 * The access log contains no part of the request: the path holds the secret token, and the query an order id.
 * `$context.routeKey` is the declared route, with the name of its variable.
 */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLength: '$context.responseLength',
  responseLatencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
};

export interface WebhookApiProps {
  readonly ingest: IFunction;
  /** The relay's name, in the names of the API and of its log group. */
  readonly relayName: string;
  readonly settings: Pick<
    StackConfig,
    | 'throttleRatePerSecond'
    | 'throttleBurst'
    | 'logRetentionDays'
    | 'domainName'
    | 'certificateArn'
    | 'hostedZoneId'
  >;
}

export class WebhookApi extends Construct {
  /** `https://…/webhooks/`. A source's token is appended to it. */
  readonly baseAddress: string;
  /** The host name that a CNAME record of the domain points to, when there is a domain. */
  readonly domainTarget: string | undefined;
  /** Counts the webhooks that the throttle refused. No function sees them. */
  readonly throttled: IMetric;
  /** Counts the webhooks that were answered 5xx: by ingest, or by API Gateway because ingest could not answer. */
  readonly failed: IMetric;

  constructor(scope: Construct, id: string, { ingest, relayName, settings }: WebhookApiProps) {
    super(scope, id);
    const domain = customDomain(this, settings);
    this.domainTarget = domain?.regionalDomainName;
    const api = new HttpApi(this, 'Api', {
      // At most 128 characters, the length of the longest stack name.
      apiName: relayName,
      description: 'Receives the webhooks of the Hub',
      createDefaultStage: false,
      // With a domain of its own, the API has one address.
      ...(domain !== undefined && { disableExecuteApiEndpoint: true }),
    });
    setLogicalId(api, 'WebhookApi');
    this.baseAddress =
      domain === undefined ? `${api.apiEndpoint}${PATH}` : `https://${settings.domainName}${PATH}`;

    api.addRoutes({
      path: ROUTE,
      methods: METHODS,
      integration: new HttpLambdaIntegration('Ingest', ingest, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
        // One permission for the API, whose only routes are these.
        scopePermissionToRoute: false,
      }),
    });

    const log = new LogGroup(this, 'AccessLog', {
      // API Gateway adds a log group to the account's one resource policy for logs, which has a size limit. Groups under
      // this prefix share one entry:
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      logGroupName: `/aws/vendedlogs/${relayName}/webhooks`,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    setLogicalId(log, 'WebhookAccessLog');
    const apiMetric = (metricName: string) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: api.apiId },
        statistic: Stats.SUM,
        period: PERIOD,
      });
    this.failed = apiMetric('5xx');
    this.throttled = new MathExpression({
      expression: 'refused - FILL(answered, 0)',
      usingMetrics: { refused: apiMetric('4xx'), answered: this.#countAnswered(log, relayName) },
      period: PERIOD,
      label: 'webhooks throttled',
    });

    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.throttleRatePerSecond, burstLimit: settings.throttleBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    setLogicalId(stage, 'WebhookStage');
    if (domain !== undefined) {
      const mapping = new ApiMapping(this, 'Mapping', { api, domainName: domain, stage });
      setLogicalId(mapping, 'WebhookDomainMapping');
    }
  }

  /**
   * Counts the requests that the API answered 4xx for another reason than its throttle: an unknown token, or a request
   * that is too large. The access log leaves out a part of many throttled requests, but no others, so the difference to
   * the API's own metric is the number of throttled requests:
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
   *
   * The namespace contains the relay's name: a metric filter takes its dimensions from the log, which does not have it.
   */
  #countAnswered(log: LogGroup, relayName: string): Metric {
    const filter = new MetricFilter(this, 'Answered', {
      logGroup: log,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.status', '=', '4*'),
        FilterPattern.stringValue('$.status', '!=', '429'),
      ),
      metricNamespace: `${METRICS_NAMESPACE}/${relayName}`,
      metricName: 'WebhooksRefused',
    });
    setLogicalId(filter, 'WebhooksRefusedFilter');
    return filter.metric({ statistic: Stats.SUM, period: PERIOD });
  }
}
