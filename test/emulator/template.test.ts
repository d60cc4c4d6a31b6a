import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../lib/emulator/template/read-template.ts';
import { aFunction, aMapping, anHttpApi, aQueue, aSchedule, aTable, aTemplate } from './a-template.ts';

const PLACE = { sqsEndpoint: 'http://127.0.0.1:1', httpUrl: 'http://127.0.0.1:2' };

function read(resources: Record<string, unknown>, outputs: Record<string, unknown> = {}) {
  return readTemplate(aTemplate({ resources, outputs }), PLACE);
}

describe('reading the template', () => {
  it('gives tables in the terms of CreateTable', () => {
    const index = {
      IndexName: 'byName',
      KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    };
    const attributes = ['id', 'name'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));

    const { tables } = read({
      Things: aTable({ AttributeDefinitions: attributes, GlobalSecondaryIndexes: [index] }),
    });

    expect(tables).toEqual([
      {
        name: 'Things',
        attributes,
        keySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        indexes: [index],
      },
    ]);
  });

  it('gives queues the name ending and the attributes that SQS wants', () => {
    const { queues } = read({
      Dead: aQueue({ FifoQueue: true }),
      Events: aQueue({
        FifoQueue: true,
        VisibilityTimeout: 60,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
      }),
    });

    expect(queues[1]).toEqual({
      name: 'Events.fifo',
      url: 'http://127.0.0.1:1/000000000000/Events.fifo',
      attributes: {
        FifoQueue: 'true',
        VisibilityTimeout: '60',
        RedrivePolicy:
          '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:Dead.fifo","maxReceiveCount":5}',
      },
    });
  });

  it("resolves a function's environment, and finds its source file in the metadata", () => {
    const Variables = {
      TABLE: { Ref: 'Things' },
      QUEUE: { Ref: 'Events' },
      ADDRESS: { 'Fn::Join': ['/', [{ 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, 'webhooks']] },
      TEXT: { 'Fn::Sub': `\${AWS::Region} \${Things.Arn} \${!Literal}` },
    };

    const { functions } = read({
      Things: aTable(),
      Events: aQueue(),
      Api: anHttpApi(),
      Ingest: aFunction('lambdas/ingest.ts', { Timeout: 15, MemorySize: 256, Environment: { Variables } }),
    });

    expect(functions).toEqual([
      {
        name: 'Ingest',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:Ingest',
        handlerFile: 'lambdas/ingest.ts',
        timeoutSeconds: 15,
        memoryMb: 256,
        environment: {
          TABLE: 'Things',
          QUEUE: 'http://127.0.0.1:1/000000000000/Events',
          ADDRESS: 'http://127.0.0.1:2/webhooks',
          TEXT: `us-east-1 arn:aws:dynamodb:us-east-1:000000000000:table/Things \${Literal}`,
        },
      },
    ]);
  });

  it('gives mappings, schedules and outputs', () => {
    const template = read(
      {
        Events: aQueue(),
        FanOut: aFunction('fan-out.ts'),
        EventsToFanOut: aMapping('Events', 'FanOut', {
          BatchSize: 5,
          ScalingConfig: { MaximumConcurrency: 4 },
        }),
        EveryHour: aSchedule('FanOut', 'rate(2 hours)'),
      },
      { QueueUrl: { Ref: 'Events' } },
    );

    expect(template.mappings).toEqual([
      {
        queueArn: 'arn:aws:sqs:us-east-1:000000000000:Events',
        functionName: 'FanOut',
        batchSize: 5,
        windowSeconds: 0,
        maximumConcurrency: 4,
        reportsBatchItemFailures: true,
      },
    ]);
    expect(template.schedules).toMatchObject([{ name: 'EveryHour', everySeconds: 7_200 }]);
    expect(template.outputs).toEqual({ QueueUrl: 'http://127.0.0.1:1/000000000000/Events' });
  });

  it('passes over types that nothing on this machine stands for', () => {
    const { tables } = read({
      Role: { Type: 'AWS::IAM::Role', Properties: { Whatever: { Ref: 'Nobody' } } },
    });

    expect(tables).toEqual([]);
  });

  it.each([
    ['a type', { Bucket: { Type: 'AWS::S3::Bucket' } }, /type of resource: Bucket \(AWS::S3::Bucket\)/],
    [
      'a property',
      { Events: aQueue({ Colour: 'red' }) },
      /Events \(AWS::SQS::Queue\): .* does not know the property Colour/,
    ],
    [
      'a property within another',
      {
        Events: aQueue(),
        FanOut: aFunction('a.ts'),
        Map: aMapping('Events', 'FanOut', { ScalingConfig: { MaximumConcurrency: 2, Colour: 'red' } }),
      },
      /Map \(AWS::Lambda::EventSourceMapping\): .* property ScalingConfig.Colour/,
    ],
    [
      'an intrinsic',
      { Events: aQueue({ VisibilityTimeout: { 'Fn::Select': [0, [1, 2]] } }) },
      /Events \(AWS::SQS::Queue\), property VisibilityTimeout: .* the intrinsic Fn::Select/,
    ],
    [
      'an attribute',
      { Events: aQueue({ VisibilityTimeout: { 'Fn::GetAtt': ['Events', 'Colour'] } }) },
      /Events has no attribute Colour/,
    ],
    [
      'a resource that is referred to',
      { Events: aQueue({ VisibilityTimeout: { Ref: 'Nobody' } }) },
      /refers to Nobody, which is no resource/,
    ],
    [
      'a resource that nothing here stands for',
      {
        Role: { Type: 'AWS::IAM::Role' },
        Ingest: aFunction('a.ts', {
          Environment: { Variables: { ROLE: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
        }),
      },
      /Ingest \(AWS::Lambda::Function\), property Environment: refers to Role, and nothing .* AWS::IAM::Role/,
    ],
    [
      'a condition on a resource',
      { Events: { ...aQueue(), Condition: 'Sometimes' } },
      /Resources.Events: Unrecognized key: "Condition"/,
    ],
    [
      'a value',
      { Events: aQueue(), Map: aMapping('Events', 'Events', { BatchSize: 100 }) },
      /Map \(AWS::Lambda::EventSourceMapping\): BatchSize: of more than ten needs a batching window/,
    ],
    [
      'a function without a source file',
      { Ingest: { Type: 'AWS::Lambda::Function' } },
      /no sensaria:handler/,
    ],
  ])('refuses %s that it does not know, by name', (_, resources, message) => {
    expect(() => read(resources)).toThrow(message);
  });
});
