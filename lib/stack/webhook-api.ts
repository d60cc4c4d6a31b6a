/** The only address that the world can reach: the one that is given to the Hub. */
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
import { nameLogically } from './logical-id.ts';
import { METRICS_NAMESPACE } from './relay-function.ts';

const PATH = '/webhooks/';

/**
 * Greedy (`+`), because an HTTP API tells `/webhooks/abc` from `/webhooks/abc/`, refuses a route that ends in a slash,
 * and the Hub's own example of an address has one: `https://host/path/?orderid=`. The function takes the slash off, and
 * answers 404 to whatever else a greedy variable lets in.
 */
const ROUTE = `${PATH}{${TOKEN_PARAMETER}+}`;

/** The Hub sends POST; the vendor's own example of a receiver takes the other two as well. */
const METHODS = [HttpMethod.POST, HttpMethod.PUT, HttpMethod.GET];

/**
 * Nothing of the request's own: the path holds the token, which is all that tells a genuine webhook from a forged one,
 * and the query an order's id. `$context.routeKey` is the route as declared, with the name of the variable in it.
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
  /** What a source's token is appended to: `https://…/webhooks/`. */
  readonly baseAddress: string;
  /** Webhooks that the throttle has refused: no function hears of them, so they are counted in the access log. */
  readonly throttled: Metric;

  constructor(scope: Construct, id: string, { ingest, settings }: WebhookApiProps) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-webhooks`,
      description: 'Takes the webhooks of the Hub',
      createDefaultStage: false,
    });
    nameLogically(api, 'WebhookApi');
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
    nameLogically(log, 'WebhookAccessLog');
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
    nameLogically(stage, 'WebhookStage');
  }
  /** The namespace tells the stack, for a filter's dimensions are taken from what is logged. */
  #countThrottled(log: LogGroup): Metric {
    const filter = new MetricFilter(this, 'Throttled', {
      logGroup: log,
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricNamespace: `${METRICS_NAMESPACE}/${Stack.of(this).stackName}`,
      metricName: 'WebhooksThrottled',
    });
    nameLogically(filter, 'WebhooksThrottledFilter');
    return filter.metric({ statistic: Stats.SUM, period: Duration.minutes(5) });
  }
}
