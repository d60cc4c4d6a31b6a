/** The dashboard: throughput, failing endpoints, and delays. */
import { Duration } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Metric } from '../contract/metrics.ts';
import { relayMetric } from './alarms.ts';
import type { Functions } from './functions.ts';
import { setLogicalId } from './logical-id.ts';
import type { Queues } from './queues.ts';

export interface DashboardProps {
  readonly relayName: string;
  readonly queues: Queues;
  readonly functions: Functions;
}

const HALF = 12;
const WHOLE = 24;
const HEIGHT = 6;

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { relayName, queues, functions }: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', { defaultInterval: Duration.days(1) });
    setLogicalId(dashboard, 'Dashboard');
    const count = (metric: Metric, label: string) => relayMetric(relayName, metric).with({ label });

    dashboard.addWidgets(
      new SingleValueWidget({
        title: 'In the last day',
        width: WHOLE,
        height: 3,
        setPeriodToTimeRange: true,
        metrics: [
          count('EventsAccepted', 'webhooks taken'),
          count('EventsRefused', 'refused'),
          count('DeliveriesDelivered', 'delivered'),
          count('DeliveriesFailedAttempts', 'failed attempts'),
          count('DeliveriesDead', 'dead'),
          count('CircuitsOpened', 'circuits opened'),
          count('EndpointsRefusing', 'endpoints refusing'),
          count('Problems', 'problems'),
        ],
      }),
    );
    dashboard.addWidgets(
      graph('Is it working?', [
        count('EventsAccepted', 'webhooks taken'),
        count('EventsFannedOut', 'fanned out'),
        count('EventsRefused', 'refused'),
        count('FanOutFailures', 'fan-out failures'),
        count('WorkFailures', 'failures of the relay'),
      ]),
      graph('Do they get it?', [
        count('DeliveriesDelivered', 'delivered'),
        count('DeliveriesFailedAttempts', 'failed attempts'),
        count('DeliveriesDead', 'dead'),
        count('EventsQuarantined', 'events quarantined'),
        count('ExpressionsFailed', 'expressions failed'),
      ]),
    );
    dashboard.addWidgets(
      graph('How late are we?', [
        relayMetric(relayName, 'OldestOwedSeconds', Stats.MAXIMUM).with({
          label: 'longest overdue, seconds',
        }),
        queues.events.metricApproximateAgeOfOldestMessage({ label: 'oldest in events.fifo, seconds' }),
        queues.deliveries.metricApproximateAgeOfOldestMessage({ label: 'oldest in deliveries, seconds' }),
      ]),
      graph('How long do they take?', [
        functions.ingest.lambda.metricDuration({ statistic: 'p99', label: 'ingest p99, ms' }),
        functions.fanOut.lambda.metricDuration({ statistic: 'p99', label: 'fan-out p99, ms' }),
        functions.deliver.lambda.metricDuration({ statistic: 'p99', label: 'deliver p99, ms' }),
      ]),
    );
    dashboard.addWidgets(
      new LogQueryWidget({
        title: 'Who is failing?',
        width: WHOLE,
        height: HEIGHT,
        view: LogQueryVisualizationType.TABLE,
        logGroupNames: [functions.fanOut, functions.deliver].map(
          ({ lambda }) => lambda.logGroup.logGroupName,
        ),
        queryLines: [
          'fields @timestamp, endpointId, message, reason',
          'filter ispresent(endpointId) and level != "INFO"',
          'stats count(*) as times, latest(@timestamp) as last, latest(reason) as why by endpointId, message',
          'sort times desc',
          'limit 20',
        ],
      }),
    );
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: HALF, height: HEIGHT });
}
