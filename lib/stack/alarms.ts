/**
 * The alarms, one for each kind of answer to it: docs/runbook.md says what to do. CloudWatch bills each metric of an alarm
 * in each month, so what is looked up in the same place has one alarm, on a metric that sums it up.
 */
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
/**
 * The next run repeats the work of a failed one, so a single failure needs no alarm. An event that cannot be processed
 * returns every five minutes at most, so it may miss one period.
 */
const SUSTAINED = { periods: 4, datapoints: 3 };

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

    this.#alarm('WebhooksFailedAlarm', api.failed, {
      description:
        'Webhooks were answered 5xx, and may be lost: look at the log of ingest, and at the access log for `integrationError`',
    });
    this.#alarm('WebhooksThrottledAlarm', api.throttled, {
      description:
        'Webhooks were answered 429, and may be lost: raise throttleRatePerSecond and throttleBurst, unless a stranger floods the API',
    });
    this.#alarm('NeedsAttentionAlarm', metric('Problems'), {
      description:
        'An endpoint, a delivery, an event or a config row needs attention: `relay endpoints list`, `relay deliveries list` and `relay sources list`',
    });
    this.#alarm('WorkFailingAlarm', metric('WorkFailures'), {
      description:
        'The functions keep failing at a part of their work, or work is late by 15 minutes: look at their logs for errors',
      ...SUSTAINED,
    });
    for (const [id, queue] of [
      ['EventsDeadLettersAlarm', queues.eventsDeadLetter],
      ['DeliveriesDeadLettersAlarm', queues.deliveriesDeadLetter],
    ] as const) {
      const depth = queue.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: PERIOD,
      });
      this.#alarm(id, depth, {
        description: 'Messages that can never be processed or were received 1,000 times: `relay dlq list`',
      });
    }
    const { lambda: sweep } = functions.sweep;
    // Lambda reports an error count of 0 or 1 for each run, so that a sweep without a failure is no missing data.
    this.#alarm('SweepStoppedAlarm', sweep.metricErrors({ period: PERIOD, statistic: Stats.MINIMUM }), {
      description: 'For 15 minutes, sweep did not run or always failed: look at its log and its schedule',
      periods: 3,
      whenMissing: 'rings',
    }).node.addDependency(schedule);
    if (settings.silenceHours > 0) {
      this.#alarm(
        'SilenceAlarm',
        acceptedSince(metric('EventsAccepted'), sweep.metricInvocations({ period: PERIOD })),
        {
          description: `No webhook for ${settings.silenceHours} hours: is the address still in the Hub’s settings?`,
          periods: settings.silenceHours,
          rings: 'below',
        },
      );
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

  /**
   * Rings when the metric is at least 1 for so many periods, by default for one; with `below`, when it is less than 1.
   * Missing data is no reason to ring, unless `whenMissing` says so.
   */
  #alarm(
    id: string,
    metric: IMetric,
    options: {
      readonly description: string;
      readonly periods?: number;
      /** Of the last `periods`. All of them when absent. */
      readonly datapoints?: number;
      readonly rings?: 'below';
      readonly whenMissing?: 'rings';
    },
  ): Alarm {
    const { description, periods = 1, datapoints = periods, rings, whenMissing } = options;
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription: description,
      threshold: 1,
      evaluationPeriods: periods,
      datapointsToAlarm: datapoints,
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
