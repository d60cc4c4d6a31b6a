import { describe, expect, it } from 'vitest';
import { returnDelaySeconds } from '../../lib/relay/fan-out/return-delay.ts';
import { arnOf, propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate();

describe('the queues', () => {
  it('are two, each with a dead-letter queue, under logical ids that must never change', () => {
    expect(Object.keys(template.findResources('AWS::SQS::Queue')).toSorted()).toEqual([
      'DeliveriesDeadLetterQueue',
      'DeliveriesQueue',
      'EventsDeadLetterQueue',
      'EventsQueue',
    ]);
  });

  it('keep the events of one order in sequence and let orders pass each other at full speed', () => {
    expect(propertiesOf(template, 'EventsQueue')).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      ContentBasedDeduplication: false,
    });
  });

  it('hold deliveries in no order, so that each may be delayed by itself', () => {
    expect(propertiesOf(template, 'DeliveriesQueue')).not.toHaveProperty('FifoQueue');
    expect(propertiesOf(template, 'DeliveriesDeadLetterQueue')).not.toHaveProperty('FifoQueue');
  });

  it.each([
    ['EventsQueue', 'EventsDeadLetterQueue'],
    ['DeliveriesQueue', 'DeliveriesDeadLetterQueue'],
  ])(
    'leave it to the rows to give up: %s moves a message to %s at the 1,000th receive',
    (queue, deadLetters) => {
      expect(propertiesOf(template, queue).RedrivePolicy).toEqual({
        deadLetterTargetArn: arnOf(deadLetters),
        maxReceiveCount: 1000,
      });
    },
  );

  it('have a FIFO queue for the dead letters of a FIFO queue, as SQS demands', () => {
    expect(propertiesOf(template, 'EventsDeadLetterQueue')).toMatchObject({ FifoQueue: true });
  });

  it.each([
    ['EventsQueue', 'FanOutFunction'],
    ['DeliveriesQueue', 'DeliverFunction'],
  ])('hide a message of %s for twice as long as %s may run', (queue, lambda) => {
    const { Timeout } = propertiesOf(template, lambda);

    expect(propertiesOf(template, queue).VisibilityTimeout).toBe(2 * Number(Timeout));
  });

  it('keep an event that only the queue holds for longer than it is tried: 1,000 receives take over three days', () => {
    const { MessageRetentionPeriod } = propertiesOf(template, 'EventsQueue');
    const delays = Array.from({ length: 1_000 }, (_, n) => returnDelaySeconds(n + 1));
    const triedForSeconds = delays.reduce((sum, seconds) => sum + seconds);

    expect(triedForSeconds).toBeGreaterThan(3 * 24 * 60 * 60);
    expect(Number(MessageRetentionPeriod)).toBeGreaterThan(3 * triedForSeconds);
  });

  it('keep a message for two weeks and take a whole event in one', () => {
    template.allResourcesProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      MaximumMessageSize: 1024 * 1024,
    });
  });

  it('are encrypted', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });

  it.each(Object.keys(template.findResources('AWS::SQS::Queue')))('refuse plain HTTP: %s', (queue) => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: queue }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Deny',
            Action: 'sqs:*',
            Principal: { AWS: '*' },
            Resource: arnOf(queue),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
  });
});
