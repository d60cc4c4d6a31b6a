import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { arnOf, propertiesOf, statementsOf, theTemplate } from './the-template.ts';

const TABLES = ['ConfigTable', 'EventLogTable'];
const QUEUES = ['EventsQueue', 'EventsDeadLetterQueue', 'DeliveriesQueue', 'DeliveriesDeadLetterQueue'];
const ROLES = ['IngestRole', 'FanOutRole', 'DeliverRole', 'SweepRole'];

describe('the encryption at rest', () => {
  it('is by AWS’s own keys unless asked otherwise', () => {
    const template = theTemplate();

    template.resourceCountIs('AWS::KMS::Key', 0);
    for (const id of QUEUES) expect(propertiesOf(template, id)).toMatchObject({ SqsManagedSseEnabled: true });
  });

  it('is by a key of the account’s own, rotated, which the four functions may use', () => {
    const template = theTemplate({ encryptionKey: 'customer' });

    template.hasResource('AWS::KMS::Key', {
      Properties: { EnableKeyRotation: true },
      DeletionPolicy: 'Retain',
    });
    for (const id of TABLES) {
      expect(propertiesOf(template, id)).toMatchObject({
        SSESpecification: { KMSMasterKeyId: arnOf('EncryptionKey'), SSEEnabled: true, SSEType: 'KMS' },
      });
    }
    for (const id of QUEUES)
      expect(propertiesOf(template, id)).toMatchObject({ KmsMasterKeyId: arnOf('EncryptionKey') });
    for (const role of ROLES) {
      expect(statementsOf(template, role)).toContainEqual({
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
        Resource: [arnOf('EncryptionKey')],
      });
    }
  });
});

describe('what is kept', () => {
  it('can be recovered to any second, and not be deleted by mistake', () => {
    for (const id of TABLES) {
      expect(propertiesOf(theTemplate(), id)).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
  });

  it('goes with the stack when that was asked for', () => {
    for (const id of TABLES)
      expect(propertiesOf(theTemplate({ removalPolicy: 'destroy' }), id)).toMatchObject({
        DeletionProtectionEnabled: false,
      });
  });

  it('is reached over TLS alone: the queues refuse everything else', () => {
    theTemplate().allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('lets payloads, with the personal data in them, go before the rest', () => {
    const template = theTemplate({ retentionDays: 60, payloadRetentionDays: 14 });

    for (const id of ['IngestFunction', 'FanOutFunction']) {
      expect(propertiesOf(template, id)).toMatchObject({
        Environment: { Variables: { RETENTION_DAYS: '60', PAYLOAD_RETENTION_DAYS: '14' } },
      });
    }
  });
});
