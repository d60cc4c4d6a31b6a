/** Reads sweep's runs, the alarms and their receivers from CloudWatch and SNS. */
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import type { AlarmFacts, SweepRuns, TopicReceivers } from '../../operator/diagnostics.ts';
import { functionNamed } from './lambda-facts.ts';
import { LIMITS } from './limits.ts';
import type { StackResource } from './stack-resources.ts';

const QUARTER_HOUR_MS = 15 * 60_000;

export async function sweepRuns(resources: readonly StackResource[], now: Date): Promise<SweepRuns> {
  const client = new CloudWatchClient(LIMITS);
  const Dimensions = [{ Name: 'FunctionName', Value: functionNamed('SweepFunction', resources) }];
  const query = (Id: string, MetricName: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions }, Period: 60, Stat: 'Sum' },
  });
  try {
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(now.getTime() - QUARTER_HOUR_MS),
        EndTime: now,
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [query('runs', 'Invocations'), query('failures', 'Errors')],
      }),
    );
    const [runs, failures] = ['runs', 'failures'].map((id) => MetricDataResults.find(({ Id }) => Id === id));
    return { lastRunAt: runs?.Timestamps?.[0], runs: sum(runs?.Values), failures: sum(failures?.Values) };
  } finally {
    client.destroy();
  }
}

function sum(numbers: readonly number[] = []): number {
  return numbers.reduce((total, one) => total + one, 0);
}

export async function alarmFacts(resources: readonly StackResource[]): Promise<AlarmFacts[]> {
  const own = resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
  if (own.length === 0) return [];
  const client = new CloudWatchClient(LIMITS);
  try {
    const AlarmNames = own.map(({ physicalId }) => physicalId);
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames }));
    return MetricAlarms.map((alarm) => ({
      name: own.find(({ physicalId }) => physicalId === alarm.AlarmName)?.name ?? alarm.AlarmName ?? '',
      isRinging: alarm.StateValue === 'ALARM',
      description: alarm.AlarmDescription ?? '',
      topicArns: alarm.ActionsEnabled === false ? [] : (alarm.AlarmActions ?? []).filter(isTopic),
    }));
  } finally {
    client.destroy();
  }
}

function isTopic(arn: string): boolean {
  return /^arn:[\w-]+:sns:/.test(arn);
}

/** The first hundred of them. */
export async function receiversOf(TopicArn: string): Promise<TopicReceivers> {
  const client = new SNSClient(LIMITS);
  try {
    const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    const confirmed = Subscriptions.filter(({ SubscriptionArn = '' }) => SubscriptionArn.startsWith('arn:'));
    const waiting = Subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn === 'PendingConfirmation');
    return { confirmed: confirmed.length, unconfirmed: waiting.length };
  } finally {
    client.destroy();
  }
}
