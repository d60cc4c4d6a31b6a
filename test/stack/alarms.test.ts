import { describe, expect, it } from 'vitest';
import { propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate({ stackName: 'ShopRelay' });

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
  ])('%s rings at the first one that this stack counts', (alarm, metric) => {
    const service = propertiesOf(template, 'FanOutFunction').Environment;

    expect(service).toMatchObject({
      Variables: { POWERTOOLS_METRICS_NAMESPACE: 'SensariaRelay', POWERTOOLS_SERVICE_NAME: 'ShopRelay' },
    });
    expect(propertiesOf(template, alarm)).toMatchObject({
      Namespace: 'SensariaRelay',
      MetricName: metric,
      Dimensions: [{ Name: 'service', Value: 'ShopRelay' }],
      Statistic: 'Sum',
      Threshold: 1,
    });
  });

  it('say what to look at', () => {
    const described = Object.values(template.findResources('AWS::CloudWatch::Alarm'));

    expect(described).toHaveLength(5);
    for (const alarm of described) expect(alarm.Properties.AlarmDescription).toMatch(/`relay \w+ list/);
  });
});
