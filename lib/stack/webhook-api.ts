/** The HTTP API that receives the Hub's webhooks: the only public address of the stack. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TOKEN_PARAMETER } from '../contract/template.ts';
import type { StackConfig } from './config.ts';
import { setLogicalId } from './logical-id.ts';
import { METRICS_NAMESPACE } from './relay-function.ts';

const PATH = '/webhooks/';

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
  readonly settings: Pick<StackConfig, 'throttleRatePerSecond' | 'throttleBurst' | 'logRetentionDays'>;
}

export class WebhookApi extends Construct {
  /** `https://…/webhooks/`. A source's token is appended to it. */
  readonly baseAddress: string;
  /**
   * Counts the webhooks that the throttle refused. No function sees them, so a filter on the access log counts them.
   */
  readonly throttled: Metric;

  constructor(scope: Construct, id: string, { ingest, settings }: WebhookApiProps) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-webhooks`,
      description: 'Receives the webhooks of the Hub',
      createDefaultStage: false,
    });
    setLogicalId(api, 'WebhookApi');
    this.baseAddress = `${api.apiEndpoint}${PATH}`;

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
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    setLogicalId(log, 'WebhookAccessLog');
    this.throttled = this.#countThrottled(log);

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
  }

  /**
   * The namespace contains the stack's name: a metric filter takes its dimensions from the log, which does not have it.
   */
  #countThrottled(log: LogGroup): Metric {
    const filter = new MetricFilter(this, 'Throttled', {
      logGroup: log,
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricNamespace: `${METRICS_NAMESPACE}/${Stack.of(this).stackName}`,
      metricName: 'WebhooksThrottled',
    });
    setLogicalId(filter, 'WebhooksThrottledFilter');
    return filter.metric({ statistic: Stats.SUM, period: Duration.minutes(5) });
  }
}
