/** One alarm for each problem that the relay cannot solve by itself. docs/runbook.md says what to do for each. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IDependable } from 'constructs';
import type { Metric as MetricName } from '../contract/metrics.ts';
import type { StackConfig } from './config.ts';
import type { Functions } from './functions.ts';
import { setLogicalId } from './logical-id.ts';
import type { Queues } from './queues.ts';
import { METRICS_NAMESPACE } from './relay-function.ts';
import type { WebhookApi } from './webhook-api.ts';

const PERIOD = Duration.minutes(5);
/** Sweep enqueues overdue work again within two minutes. Work that is overdue for this long is stuck. */
const OVERDUE_SECONDS = 15 * 60;

export interface AlarmsProps {
  readonly relayName: string;
  readonly queues: Queues;
  readonly functions: Functions;
  /** Starts sweep. */
  readonly schedule: IDependable;
  readonly api: Pick<WebhookApi, 'throttled' | 'failed'>;
  readonly settings: Pick<StackConfig, 'alarmEmail' | 'alarmTopicArn' | 'silenceHours'>;
}

export class Alarms extends Construct {
  readonly #topics: readonly ITopic[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { relayName, queues, functions, schedule, api, settings } = props;
    const metric = (name: MetricName, statistic?: string) => relayMetric(relayName, name, statistic);
    this.#topics = this.#topicsOf(settings);

    this.#alarmOnAny('DeadDeliveriesAlarm', metric('DeliveriesDead'), {
      description: 'Deliveries whose attempts are used up: `relay deliveries list --state dead`',
    });
    this.#alarmOnAny('NeedsAttentionAlarm', metric('NeedsAttention'), {
      description:
        'Fan-out gave up on an event after three days (DeadDeliveriesAlarm is for deliveries): `relay deliveries list --state abandoned`',
    });
    this.#alarmOnAny('EndpointsDisabledAlarm', metric('EndpointsDisabled'), {
      description: 'The relay disabled an endpoint: `relay endpoints list`',
    });
    this.#alarmOnAny('CircuitsOpenedAlarm', metric('CircuitsOpened'), {
      description: 'An endpoint is failing, and its deliveries are parked: `relay endpoints list`',
    });
    this.#alarmOnAny('EndpointsRefusingAlarm', metric('EndpointsRefusing'), {
      description:
        'An endpoint refused five different orders in a row and accepts none: `relay endpoints list`',
    });
    this.#alarmOnAny('EventsQuarantinedAlarm', metric('EventsQuarantined'), {
      description: 'Fan-out of an event failed five times in a row: look at the log of fan-out',
    });
    this.#alarmOnAny('ConfigRowsInvalidAlarm', metric('ConfigRowsInvalid'), {
      description:
        'A row of the Config table is invalid: `relay endpoints list` and `relay sources list` name it',
    });
    this.#alarmOnAny('ExpressionsFailedAlarm', metric('ExpressionsFailed'), {
      description:
        'A filter or transform failed (a failed filter sends the event; a failed transform sends nothing): look at the log of fan-out',
    });
    this.#alarmOnAny('EventsRefusedAlarm', metric('EventsRefused'), {
      description: 'Webhooks were answered 503, and may be lost: look at the log of ingest',
    });
    for (const name of ['events', 'deliveries'] as const) {
      const queue = name === 'events' ? queues.eventsDeadLetter : queues.deliveriesDeadLetter;
      const depth = queue.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: PERIOD,
      });
      this.#alarmOnAny(name === 'events' ? 'EventsDeadLettersAlarm' : 'DeliveriesDeadLettersAlarm', depth, {
        description: 'Messages that could not be parsed or were received 1,000 times: `relay dlq list`',
      });
    }
    this.#alarmOnAny('WebhooksFailedAlarm', api.failed, {
      description:
        'Webhooks were answered 5xx, and may be lost: look at the log of ingest, and at the access log for `integrationError`',
    });
    this.#alarmOnAny('WebhooksThrottledAlarm', api.throttled, {
      description:
        'Webhooks were answered 429, and may be lost: raise throttleRatePerSecond and throttleBurst, unless a stranger floods the API',
    });
    const { ingest, fanOut, deliver, sweep } = functions;
    this.#alarmOnAny('IngestErrorsAlarm', ingest.lambda.metricErrors({ period: PERIOD }), {
      description: 'Ingest failed, and webhooks may be lost: look at its log',
    });
    this.#alarmOnAny('IngestThrottlesAlarm', ingest.lambda.metricThrottles({ period: PERIOD }), {
      description:
        'Lambda throttled ingest, and webhooks may be lost: raise the account’s concurrency, or lower fanOutConcurrency',
    });
    for (const [id, lambda] of [
      ['FanOutErrorsAlarm', fanOut.lambda],
      ['DeliverErrorsAlarm', deliver.lambda],
      ['SweepErrorsAlarm', sweep.lambda],
    ] as const) {
      // The next run repeats the work of a failed one, so a single error needs no alarm.
      this.#alarm(id, lambda.metricErrors({ period: PERIOD }), {
        description: 'The function failed or timed out for 15 minutes: look at its log',
        threshold: 1,
        periods: 3,
      });
    }
    this.#alarm('OverdueAlarm', metric('OldestOwedSeconds', Stats.MAXIMUM), {
      description: 'Work is overdue by 15 minutes: look at the logs of fan-out and deliver',
      threshold: OVERDUE_SECONDS,
      periods: 3,
    });
    const sweeps = sweep.lambda.metricInvocations({ period: PERIOD });
    this.#alarm('SweepStoppedAlarm', sweeps, {
      description: 'Sweep has not run for 15 minutes: look at its schedule',
      threshold: 1,
      periods: 3,
      rings: 'below',
      whenMissing: 'rings',
    }).node.addDependency(schedule);
    if (settings.silenceHours > 0) {
      this.#alarm('SilenceAlarm', acceptedSince(metric('EventsAccepted'), sweeps), {
        description: `No webhook for ${settings.silenceHours} hours: is the address still in the Hub’s settings?`,
        threshold: 1,
        periods: settings.silenceHours,
        rings: 'below',
      });
    }
  }

  #topicsOf({ alarmEmail, alarmTopicArn }: AlarmsProps['settings']): ITopic[] {
    return [
      ...(alarmTopicArn === '' ? [] : [Topic.fromTopicArn(this, 'GivenTopic', alarmTopicArn)]),
      ...(alarmEmail === '' ? [] : [this.#mailingTopic(alarmEmail)]),
    ];
  }

  #mailingTopic(address: string): ITopic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    setLogicalId(topic, 'AlarmTopic');
    topic.addSubscription(new EmailSubscription(address));
    // A topic with a policy of its own, as `enforceSSL` makes it, lets nobody publish whom the policy does not name.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayPublish',
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }

  /** Rings when the metric is at least 1, until a period without any. */
  #alarmOnAny(id: string, metric: IMetric, { description }: { readonly description: string }): void {
    this.#alarm(id, metric, { description, threshold: 1, periods: 1 });
  }

  /** Missing data is no reason to ring, unless `whenMissing` says so. */
  #alarm(
    id: string,
    metric: IMetric,
    options: {
      readonly description: string;
      readonly threshold: number;
      readonly periods: number;
      readonly rings?: 'below';
      readonly whenMissing?: 'rings';
    },
  ): Alarm {
    const { description, threshold, periods, rings, whenMissing } = options;
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription: description,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator:
        rings === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenMissing === 'rings' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    setLogicalId(alarm, id);
    for (const topic of this.#topics) {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
    return alarm;
  }
}

/**
 * Accepted webhooks per hour. An hour counts as zero only if sweep ran in it: so the hours before the deployment have
 * no value, and the alarm does not ring for a new relay.
 */
function acceptedSince(accepted: Metric, sweeps: Metric): MathExpression {
  const usingMetrics = { accepted, sweeps };
  return new MathExpression({
    expression: 'SUM([accepted, sweeps * 0])',
    usingMetrics,
    period: Duration.hours(1),
    label: 'webhooks accepted',
  });
}

/** A metric that the relay's functions count. */
export function relayMetric(
  relayName: string,
  metricName: MetricName,
  statistic: string = Stats.SUM,
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: relayName },
    statistic,
    period: PERIOD,
  });
}
