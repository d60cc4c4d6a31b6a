import { readFileSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate({ stackName: 'ShopRelay' });
const ALARM = 'AWS::CloudWatch::Alarm';
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ops';

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

  it('rings NeedsAttentionAlarm at the first problem that this stack counts', () => {
    const { Environment } = propertiesOf(template, 'FanOutFunction');

    expect(Environment).toMatchObject({
      Variables: { POWERTOOLS_METRICS_NAMESPACE: 'SensariaRelay', POWERTOOLS_SERVICE_NAME: 'ShopRelay' },
    });
    expect(propertiesOf(template, 'NeedsAttentionAlarm')).toMatchObject({
      Namespace: 'SensariaRelay',
      MetricName: 'Problems',
      Dimensions: [{ Name: 'service', Value: 'ShopRelay' }],
      Statistic: 'Sum',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmDescription: expect.stringMatching(/relay endpoints list.*relay deliveries list/),
    });
  });

  it('rings WorkFailingAlarm when failures go on, for the next run repeats what one left undone', () => {
    expect(propertiesOf(template, 'WorkFailingAlarm')).toMatchObject({
      MetricName: 'WorkFailures',
      Statistic: 'Sum',
      Threshold: 1,
      Period: 300,
      EvaluationPeriods: 4,
      DatapointsToAlarm: 3,
      TreatMissingData: 'notBreaching',
    });
  });

  it('ring when the API answered 5xx, whether ingest did so or could not answer', () => {
    expect(propertiesOf(template, 'WebhooksFailedAlarm')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: { Ref: 'WebhookApi' } }],
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('ring when the API refused more requests than its access log has refused for other reasons', () => {
    const metricStat = (namespace: string, name: string) => ({
      MetricStat: { Metric: { Namespace: namespace, MetricName: name }, Period: 300, Stat: 'Sum' },
    });

    expect(propertiesOf(template, 'WebhooksThrottledAlarm')).toMatchObject({
      Metrics: [
        { Expression: 'refused - FILL(answered, 0)' },
        { Id: 'refused', ...metricStat('AWS/ApiGateway', '4xx') },
        { Id: 'answered', ...metricStat('SensariaRelay/ShopRelay', 'WebhooksRefused') },
      ],
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('ring when sweep does not run, or no run of it succeeds, of which nothing else would tell', () => {
    expect(propertiesOf(template, 'SweepStoppedAlarm')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'SweepFunction' } }],
      Statistic: 'Minimum',
      Threshold: 1,
      EvaluationPeriods: 3,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('are set up after the schedule, or there would be no sweeps to judge', () => {
    template.hasResource(ALARM, {
      Properties: { MetricName: 'Errors' },
      DependsOn: ['SweepEveryMinute', 'SweepScheduleRole'],
    });
  });

  it('say nothing of a silent Hub unless asked to', () => {
    expect(Object.keys(template.findResources(ALARM))).not.toContain('SilenceAlarm');
  });

  it('count hours in which sweep ran and no webhook came, so that a new relay is not taken for a silent one', () => {
    expect(propertiesOf(theTemplate({ silenceHours: 48 }), 'SilenceAlarm')).toMatchObject({
      Metrics: [
        { Expression: 'SUM([accepted, sweeps * 0])', ReturnData: true },
        { Id: 'accepted', MetricStat: { Metric: { MetricName: 'EventsAccepted' }, Period: 3_600 } },
        { Id: 'sweeps', MetricStat: { Metric: { MetricName: 'Invocations' }, Period: 3_600 } },
      ],
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: 48,
      TreatMissingData: 'notBreaching',
    });
  });

  it('look back no further than CloudWatch does: a week by the hour, else a day', () => {
    const alarms = theTemplate({ silenceHours: 168 }).findResources(ALARM);
    for (const { Properties } of Object.values(alarms)) {
      const period = Properties.Period ?? Properties.Metrics[1].MetricStat.Period;
      const limitSeconds = period >= 3_600 ? 7 * 86_400 : 86_400;
      expect(period * Properties.EvaluationPeriods).toBeLessThanOrEqual(limitSeconds);
    }
    expect(() => theTemplate({ silenceHours: 169 })).toThrow(/silenceHours/);
  });

  it('each have a row in the runbook, which has no others', () => {
    const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
    const firstCells = [...runbook.matchAll(/^\| ([^|]*`\w+Alarm`[^|]*)\|/gm)].map(([, cell = '']) => cell);
    const named = firstCells.flatMap((cell) => [...cell.matchAll(/`(\w+Alarm)`/g)].map(([, id]) => id));

    expect(named.toSorted()).toEqual(
      Object.keys(theTemplate({ silenceHours: 48 }).findResources(ALARM)).toSorted(),
    );
  });

  it('cost less than a dollar a month: ten cents for each metric in them', () => {
    const metrics = Object.values(template.findResources(ALARM)).flatMap(({ Properties }) =>
      (Properties.Metrics ?? [{ MetricStat: {} }]).filter(
        ({ MetricStat }: { MetricStat?: object }) => MetricStat,
      ),
    );

    expect(metrics).toHaveLength(8);
  });

  it('have no endpoint and no order as a dimension, for each such metric would be billed', () => {
    for (const { Properties } of Object.values(template.findResources(ALARM))) {
      const names = (Properties.Dimensions ?? []).map(({ Name }: { Name: string }) => Name);
      expect(names.length).toBeLessThanOrEqual(1);
      expect(['service', 'QueueName', 'FunctionName', 'ApiId']).toEqual(expect.arrayContaining(names));
    }
  });

  it('tell nobody unless a topic or an address is given', () => {
    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.allResourcesProperties(ALARM, { AlarmActions: Match.absent(), OKActions: Match.absent() });
  });

  it('tell an e-mail address, over a topic that wants TLS', () => {
    const mailing = theTemplate({ alarmEmail: 'owner@example.com' });

    mailing.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'owner@example.com',
    });
    mailing.allResourcesProperties(ALARM, {
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      OKActions: [{ Ref: 'AlarmTopic' }],
    });
    mailing.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('tell a topic that there is already', () => {
    theTemplate({ alarmTopicArn: TOPIC }).allResourcesProperties(ALARM, { AlarmActions: [TOPIC] });
  });

  it('tell both when both are given', () => {
    const both = theTemplate({ alarmTopicArn: TOPIC, alarmEmail: 'owner@example.com' });

    both.allResourcesProperties(ALARM, { AlarmActions: [TOPIC, { Ref: 'AlarmTopic' }] });
  });

  it('may publish to every topic of the stack that they name', () => {
    const mailing = theTemplate({ alarmEmail: 'owner@example.com', encryptionKey: 'customer' });
    const named = Object.values(mailing.findResources(ALARM)).flatMap(
      ({ Properties: { AlarmActions = [], OKActions = [] } }) => [...AlarmActions, ...OKActions],
    );
    const topics = new Set(named.map(({ Ref }) => Ref));

    expect([...topics]).toEqual(['AlarmTopic']);
    for (const topic of topics) {
      const allowed = Object.values(mailing.findResources('AWS::SNS::TopicPolicy'))
        .filter(({ Properties }) => Properties.Topics.some(({ Ref }: { Ref: string }) => Ref === topic))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
      expect(allowed).toContainEqual({
        Sid: 'AlarmsMayPublish',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: topic },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      });
      // An encrypted topic would also need a key that lets CloudWatch use it.
      expect(mailing.findResources('AWS::SNS::Topic')[topic]?.Properties ?? {}).not.toHaveProperty(
        'KmsMasterKeyId',
      );
    }
  });

  it('say what to look at', () => {
    for (const { Properties } of Object.values(template.findResources(ALARM)))
      expect(Properties.AlarmDescription).toMatch(/: .{10,}/);
  });
});
