import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate({ stackName: 'ShopRelay' });
const ALARM = 'AWS::CloudWatch::Alarm';

describe('the alarms', () => {
  it.each([
    ['EventsDeadLettersAlarm', 'EventsDeadLetterQueue'],
    ['DeliveriesDeadLettersAlarm', 'DeliveriesDeadLetterQueue'],
  ])('%s rings when a message stands in its dead-letter queue', (alarm, queue) => {
    expect(propertiesOf(template, alarm)).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it.each([
    ['DeadDeliveriesAlarm', 'DeliveriesDead'],
    ['NeedsAttentionAlarm', 'NeedsAttention'],
    ['EndpointsDisabledAlarm', 'EndpointsDisabled'],
    ['CircuitsOpenedAlarm', 'CircuitsOpened'],
    ['EventsRefusedAlarm', 'EventsRefused'],
  ])('%s rings at the first one that this stack counts', (alarm, metric) => {
    const { Environment } = propertiesOf(template, 'FanOutFunction');

    expect(Environment).toMatchObject({
      Variables: { POWERTOOLS_METRICS_NAMESPACE: 'SensariaRelay', POWERTOOLS_SERVICE_NAME: 'ShopRelay' },
    });
    expect(propertiesOf(template, alarm)).toMatchObject({
      Namespace: 'SensariaRelay',
      MetricName: metric,
      Dimensions: [{ Name: 'service', Value: 'ShopRelay' }],
      Statistic: 'Sum',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it.each([
    ['IngestErrorsAlarm', 'Errors'],
    ['IngestThrottlesAlarm', 'Throttles'],
  ])('%s rings when a webhook may have been lost', (alarm, metric) => {
    expect(propertiesOf(template, alarm)).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: metric,
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'IngestFunction' } }],
      Threshold: 1,
    });
  });

  it('ring when work is due and does not get done', () => {
    expect(propertiesOf(template, 'OverdueAlarm')).toMatchObject({
      MetricName: 'OldestOwedSeconds',
      Statistic: 'Maximum',
      Threshold: 900,
      EvaluationPeriods: 3,
    });
  });

  it('ring when sweep has stopped, of which nothing else would tell', () => {
    expect(propertiesOf(template, 'SweepStoppedAlarm')).toMatchObject({
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'SweepFunction' } }],
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('say nothing of a silent Hub unless asked to', () => {
    expect(Object.keys(template.findResources(ALARM))).not.toContain('SilenceAlarm');
    expect(propertiesOf(theTemplate({ silenceHours: 48 }), 'SilenceAlarm')).toMatchObject({
      MetricName: 'EventsAccepted',
      Period: 3_600,
      EvaluationPeriods: 48,
      TreatMissingData: 'breaching',
    });
  });

  it('have no endpoint and no order as a dimension, for each such metric would be billed', () => {
    for (const { Properties } of Object.values(template.findResources(ALARM))) {
      const [dimension, ...more] = Properties.Dimensions;
      expect(more).toEqual([]);
      expect(['service', 'QueueName', 'FunctionName']).toContain(dimension.Name);
    }
  });

  it('tell nobody unless a topic or an address is given', () => {
    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.allResourcesProperties(ALARM, { AlarmActions: Match.absent() });
  });

  it('tell an e-mail address, over a topic that wants TLS', () => {
    const mailing = theTemplate({ alarmEmail: 'owner@example.com' });

    mailing.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'owner@example.com',
    });
    mailing.allResourcesProperties(ALARM, { AlarmActions: [{ Ref: 'AlarmTopic' }] });
    mailing.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('tell a topic that there is already', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:ops';

    theTemplate({ alarmTopicArn }).allResourcesProperties(ALARM, { AlarmActions: [alarmTopicArn] });
  });

  it('say what to look at', () => {
    for (const { Properties } of Object.values(template.findResources(ALARM)))
      expect(Properties.AlarmDescription).toMatch(/: .{10,}/);
  });
});
