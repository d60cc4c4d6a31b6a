/** What a person has to look at: an alarm for each thing that the relay cannot mend by itself. See docs/runbook.md. */
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
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IDependable } from 'constructs';
import type { Metric as MetricName } from '../contract/metrics.ts';
import type { StackConfig } from './config.ts';
import type { Functions } from './functions.ts';
import { nameLogically } from './logical-id.ts';
import type { Queues } from './queues.ts';
import { METRICS_NAMESPACE } from './relay-function.ts';

const PERIOD = Duration.minutes(5);
/** Sweep moves on whatever it finds within a minute or two, so work that is due for so long is not getting done. */
const OVERDUE_SECONDS = 15 * 60;

export interface AlarmsProps {
  readonly queues: Queues;
  readonly functions: Functions;
  /** What starts sweep. */
  readonly schedule: IDependable;
  /** Webhooks that the route's throttle has refused. */
  readonly throttled: Metric;
  readonly settings: Pick<StackConfig, 'alarmEmail' | 'alarmTopicArn' | 'silenceHours'>;
}

export class Alarms extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { queues, functions, schedule, throttled, settings } = props;
    this.#topic = this.#topicOf(settings);

    this.#atFirst('DeadDeliveriesAlarm', counted(this, 'DeliveriesDead'), {
      says: 'Deliveries whose attempts are used up: `relay deliveries list --state dead`',
    });
    this.#atFirst('NeedsAttentionAlarm', counted(this, 'NeedsAttention'), {
      says: 'Events that could not be fanned out for days: `relay deliveries list --state quarantined`',
    });
    this.#atFirst('EndpointsDisabledAlarm', counted(this, 'EndpointsDisabled'), {
      says: 'An endpoint is given up, and gets nothing more: `relay endpoints list`',
    });
    this.#atFirst('CircuitsOpenedAlarm', counted(this, 'CircuitsOpened'), {
      says: 'An endpoint is down, and its webhooks are parked: `relay endpoints list`',
    });
    this.#atFirst('EventsSetAsideAlarm', counted(this, 'EventsQuarantined'), {
      says: 'The fan-out of an event fails again and again: look at the log of fan-out',
    });
    this.#atFirst('ConfigRowsInvalidAlarm', counted(this, 'ConfigRowsInvalid'), {
      says: 'A row of the Config table is wrong: `relay endpoints list` and `relay sources list` name it',
    });
    this.#atFirst('ExpressionsFailedAlarm', counted(this, 'ExpressionsFailed'), {
      says: 'A filter or transform fails, and what it was asked about is sent unfiltered or not at all: see the log of fan-out',
    });
    this.#atFirst('EventsRefusedAlarm', counted(this, 'EventsRefused'), {
      says: 'Webhooks were answered 503, and may be lost: look at the log of ingest',
    });
    for (const name of ['events', 'deliveries'] as const) {
      const queue = name === 'events' ? queues.eventsDeadLetter : queues.deliveriesDeadLetter;
      const depth = queue.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: PERIOD,
      });
      this.#atFirst(name === 'events' ? 'EventsDeadLettersAlarm' : 'DeliveriesDeadLettersAlarm', depth, {
        says: 'Messages that could not be read or survived: `relay dlq list`',
      });
    }
    this.#atFirst('WebhooksThrottledAlarm', throttled, {
      says: 'Webhooks were answered 429, and may be lost: raise throttleRatePerSecond and throttleBurst, or rotate the address',
    });
    const { ingest, fanOut, deliver, sweep } = functions;
    this.#atFirst('IngestErrorsAlarm', ingest.lambda.metricErrors({ period: PERIOD }), {
      says: 'Ingest failed, and webhooks may be lost: look at its log',
    });
    this.#atFirst('IngestThrottlesAlarm', ingest.lambda.metricThrottles({ period: PERIOD }), {
      says: 'Ingest had no room to run, and webhooks may be lost: raise the account’s concurrency, or lower fanOutConcurrency',
    });
    for (const [id, lambda] of [
      ['FanOutErrorsAlarm', fanOut.lambda],
      ['DeliverErrorsAlarm', deliver.lambda],
      ['SweepErrorsAlarm', sweep.lambda],
    ] as const) {
      // One run that fails is made up for by the next.
      this.#alarm(id, lambda.metricErrors({ period: PERIOD }), {
        says: 'The function fails or times out, again and again: look at its log',
        threshold: 1,
        periods: 3,
      });
    }
    this.#alarm('OverdueAlarm', counted(this, 'OldestOwedSeconds', Stats.MAXIMUM), {
      says: 'Work is due for a quarter of an hour, and does not get done: look at the logs of fan-out and deliver',
      threshold: OVERDUE_SECONDS,
      periods: 3,
    });
    const sweeps = sweep.lambda.metricInvocations({ period: PERIOD });
    this.#alarm('SweepStoppedAlarm', sweeps, {
      says: 'Sweep has not run for a quarter of an hour: look at its schedule',
      threshold: 1,
      periods: 3,
      rings: 'below',
      whenMissing: 'rings',
    }).node.addDependency(schedule);
    if (settings.silenceHours > 0) {
      this.#alarm('SilenceAlarm', acceptedSince(counted(this, 'EventsAccepted'), sweeps), {
        says: `No webhook for ${settings.silenceHours} hours: is the address still in the Hub’s settings?`,
        threshold: 1,
        periods: settings.silenceHours,
        rings: 'below',
      });
    }
  }

  #topicOf({ alarmEmail, alarmTopicArn }: AlarmsProps['settings']): ITopic | undefined {
    if (alarmTopicArn !== '') return Topic.fromTopicArn(this, 'Topic', alarmTopicArn);
    if (alarmEmail === '') return undefined;
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    nameLogically(topic, 'AlarmTopic');
    topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic;
  }

  /** Rings at the first one, and is quiet again when there is none. */
  #atFirst(id: string, metric: IMetric, { says }: { readonly says: string }): void {
    this.#alarm(id, metric, { says, threshold: 1, periods: 1 });
  }

  /** Of nothing at all, nothing is said unless it is told to ring. */
  #alarm(
    id: string,
    metric: IMetric,
    options: {
      readonly says: string;
      readonly threshold: number;
      readonly periods: number;
      readonly rings?: 'below';
      readonly whenMissing?: 'rings';
    },
  ): Alarm {
    const { says, threshold, periods, rings, whenMissing } = options;
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription: says,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator:
        rings === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenMissing === 'rings' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    nameLogically(alarm, id);
    if (this.#topic !== undefined) alarm.addAlarmAction(new SnsAction(this.#topic));
    return alarm;
  }
}

/**
 * Webhooks by the hour, zero for an hour in which sweep ran and none came. There is no such hour before the stack was
 * deployed, so a relay that is new is not taken for one that has been silent for days.
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

/** What the functions of this stack count. No metric has an endpoint or an order as dimension: each would be billed. */
export function counted(scope: Construct, metricName: MetricName, statistic: string = Stats.SUM): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: Stack.of(scope).stackName },
    statistic,
    period: PERIOD,
  });
}
