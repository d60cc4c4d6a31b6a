/** What a person has to look at: an alarm for each thing that the relay cannot mend by itself. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { nameLogically } from './logical-id.ts';
import type { Queues } from './queues.ts';
import { METRICS_NAMESPACE } from './relay-function.ts';

const PERIOD = Duration.minutes(5);

export interface AlarmsProps {
  readonly queues: Queues;
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { queues }: AlarmsProps) {
    super(scope, id);
    const counted = (metricName: string) =>
      new Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        dimensionsMap: { service: Stack.of(this).stackName },
        statistic: Stats.SUM,
        period: PERIOD,
      });
    const held = (queue: Queues['eventsDeadLetter']) =>
      queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: PERIOD });

    this.#alarm(
      'EventsDeadLettersAlarm',
      held(queues.eventsDeadLetter),
      'Messages that fan-out could not read or survive: `relay dlq list`',
    );
    this.#alarm(
      'DeliveriesDeadLettersAlarm',
      held(queues.deliveriesDeadLetter),
      'Messages that deliver could not read or survive: `relay dlq list`',
    );
    this.#alarm(
      'DeadDeliveriesAlarm',
      counted('DeliveriesDead'),
      'Deliveries whose attempts are used up: `relay deliveries list --state dead`',
    );
    this.#alarm(
      'NeedsAttentionAlarm',
      counted('NeedsAttention'),
      'Events that could not be fanned out for days: `relay deliveries list --state set-aside`',
    );
    this.#alarm(
      'EndpointsDisabledAlarm',
      counted('EndpointsDisabled'),
      'An endpoint is given up, and gets nothing more: `relay endpoints list`',
    );
  }

  /** Rings at the first one, and is quiet again when there is none. */
  #alarm(id: string, metric: IMetric, alarmDescription: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    nameLogically(alarm, id);
  }
}
