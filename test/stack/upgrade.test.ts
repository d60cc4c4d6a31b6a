import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';
import released from './stateful-resources.json' with { type: 'json' };

/**
 * Properties whose change makes CloudFormation replace the resource, or fail, by type of resource. A replaced table,
 * queue or key is empty or new, and a replaced API has another webhook address.
 */
const IDENTITY: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': ['ProtocolType'],
  'AWS::ApiGatewayV2::DomainName': ['DomainName'],
  'AWS::ApiGatewayV2::Stage': ['ApiId', 'StageName'],
  // CloudFormation changes an index in place, but only one in an update.
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'LocalSecondaryIndexes', 'GlobalSecondaryIndexes'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
};

const resourceSchema = z.looseObject({
  Type: z.string(),
  DeletionPolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

/** The resources that hold data or an address, with everything that an update must not change. */
function statefulResources(): Record<string, object> {
  const { Resources } = z.looseObject({ Resources: z.record(z.string(), resourceSchema) }).parse(
    synthesizeTemplate({
      encryptionKey: 'customer',
      domainName: 'webhooks.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b',
    }).template,
  );
  const stateful = Object.entries(Resources).flatMap(([id, { Type, DeletionPolicy, Properties }]) => {
    const names = IDENTITY[Type];
    if (names === undefined) return [];
    const identity = names.flatMap((name) => (name in Properties ? [[name, Properties[name]] as const] : []));
    return [
      [id, { Type, ...(DeletionPolicy && { DeletionPolicy }), ...Object.fromEntries(identity) }],
    ] as const;
  });
  return Object.fromEntries(stateful);
}

describe('an upgrade of a deployed stack', () => {
  // A difference here means that CloudFormation replaces a table, a queue, a key or the API of everybody who upgrades.
  it('keeps the logical id and the identity of everything that holds data or an address', () => {
    expect(statefulResources()).toEqual(released);
  });

  it('finds the tables, the queues with their dead letters, the key, the domain and the API', () => {
    expect(Object.keys(released).toSorted()).toEqual([
      'ConfigTable',
      'DeliveriesDeadLetterQueue',
      'DeliveriesQueue',
      'EncryptionKey',
      'EventLogTable',
      'EventsDeadLetterQueue',
      'EventsQueue',
      'WebhookApi',
      'WebhookDomain',
      'WebhookStage',
    ]);
  });
});
