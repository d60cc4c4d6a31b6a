import { existsSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arnOf, propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate();
const FUNCTIONS = ['IngestFunction', 'FanOutFunction', 'DeliverFunction', 'SweepFunction'];

describe('the functions', () => {
  it('are four', () => {
    expect(Object.keys(template.findResources('AWS::Lambda::Function')).toSorted()).toEqual(
      FUNCTIONS.toSorted(),
    );
  });

  it('run on Node 24 and arm64', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
  });

  it.each([
    ['IngestFunction', 'lambdas/ingest.ts'],
    ['FanOutFunction', 'lambdas/fan-out.ts'],
    ['DeliverFunction', 'lambdas/deliver.ts'],
    ['SweepFunction', 'lambdas/sweep.ts'],
  ])('name their source: %s is %s', (lambda, file) => {
    expect(template.findResources('AWS::Lambda::Function')[lambda]).toMatchObject({
      Metadata: { 'sensaria:handler': file },
    });
    expect(existsSync(file)).toBe(true);
  });

  it.each(['FanOutFunction', 'DeliverFunction'])(
    'look up so many names at once that some slow ones hold up no others: %s',
    (lambda) => {
      expect(variablesOf(lambda)).toMatchObject({ UV_THREADPOOL_SIZE: '32' });
    },
  );

  it('are told the names of what the stack made', () => {
    expect({ ...variablesOf('FanOutFunction'), ...variablesOf('DeliverFunction') }).toMatchObject({
      EVENT_LOG_TABLE: { Ref: 'EventLogTable' },
      CONFIG_TABLE: { Ref: 'ConfigTable' },
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      EVENTS_DEAD_LETTER_QUEUE_URL: { Ref: 'EventsDeadLetterQueue' },
      DELIVERIES_QUEUE_URL: { Ref: 'DeliveriesQueue' },
      DELIVERIES_DEAD_LETTER_QUEUE_URL: { Ref: 'DeliveriesDeadLetterQueue' },
    });
  });

  it('answer before API Gateway stops waiting, and sweep before the next sweep starts', () => {
    expect(Number(propertiesOf(template, 'IngestFunction').Timeout)).toBeLessThan(30);
    expect(Number(propertiesOf(template, 'SweepFunction').Timeout)).toBeLessThan(60);
  });

  it('reserve no concurrency, which a new account would refuse', () => {
    for (const lambda of FUNCTIONS) {
      expect(propertiesOf(template, lambda)).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });

  it('let deliver feed its own queue, and no other function', () => {
    const looping = FUNCTIONS.filter((lambda) => propertiesOf(template, lambda).RecursiveLoop === 'Allow');

    expect(looping).toEqual(['DeliverFunction']);
  });

  it.each([
    ['IngestFunction', 'IngestLog'],
    ['FanOutFunction', 'FanOutLog'],
    ['DeliverFunction', 'DeliverLog'],
    ['SweepFunction', 'SweepLog'],
  ])('log in JSON to a group of their own: %s to %s', (lambda, logGroup) => {
    expect(propertiesOf(template, lambda).LoggingConfig).toEqual({
      LogGroup: { Ref: logGroup },
      LogFormat: 'JSON',
      ApplicationLogLevel: 'INFO',
      SystemLogLevel: 'WARN',
    });
  });

  it('do not try a failed sweep again, since the next one is a minute away', () => {
    template.resourcePropertiesCountIs(
      'AWS::Lambda::EventInvokeConfig',
      { FunctionName: { Ref: 'SweepFunction' }, MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      1,
    );
  });

  it('take memory, retention and the life of logs from the configuration', () => {
    const configured = theTemplate({
      ingestMemoryMb: '1024',
      fanOutMemoryMb: '1536',
      deliverMemoryMb: '768',
      sweepMemoryMb: '128',
      retentionDays: '60',
      logRetentionDays: '7',
    });

    expect(FUNCTIONS.map((lambda) => propertiesOf(configured, lambda).MemorySize)).toEqual([
      1024, 1536, 768, 128,
    ]);
    for (const lambda of FUNCTIONS) {
      expect(propertiesOf(configured, lambda)).toMatchObject({
        Environment: { Variables: { RETENTION_DAYS: '60' } },
      });
    }
    configured.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });
});

describe('what wakes the functions', () => {
  it.each([
    ['EventsToFanOut', 'EventsQueue', 'FanOutFunction', 4],
    ['DeliveriesToDeliver', 'DeliveriesQueue', 'DeliverFunction', 2],
  ])('is a mapping with partial batch responses and no wait: %s', (mapping, queue, lambda, concurrency) => {
    expect(propertiesOf(template, mapping)).toEqual({
      EventSourceArn: arnOf(queue),
      FunctionName: { Ref: lambda },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: concurrency },
    });
  });

  it('leaves ingest three of the ten executions that a new account has, even while sweep runs', () => {
    const mapped = ['EventsToFanOut', 'DeliveriesToDeliver'].map((mapping) =>
      concurrencyOf(template, mapping),
    );
    const sweeping = 1;

    expect(10 - mapped.reduce((sum, each) => sum + each, sweeping)).toBe(3);
  });

  it('takes the concurrency from the configuration', () => {
    const configured = theTemplate({ fanOutConcurrency: '40', deliverConcurrency: '20' });

    expect(concurrencyOf(configured, 'EventsToFanOut')).toBe(40);
    expect(concurrencyOf(configured, 'DeliveriesToDeliver')).toBe(20);
  });

  it('is, for sweep, a schedule that starts it every minute, on the minute, and once', () => {
    expect(propertiesOf(template, 'SweepEveryMinute')).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: arnOf('SweepFunction'),
        RoleArn: arnOf('SweepScheduleRole'),
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    });
  });
});

function variablesOf(lambda: string): Record<string, unknown> {
  const { Environment } = z
    .object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) })
    .parse(propertiesOf(template, lambda));
  return Environment.Variables;
}

function concurrencyOf(from: Template, mapping: string): number {
  const { ScalingConfig } = z
    .object({ ScalingConfig: z.object({ MaximumConcurrency: z.number() }) })
    .parse(propertiesOf(from, mapping));
  return ScalingConfig.MaximumConcurrency;
}
