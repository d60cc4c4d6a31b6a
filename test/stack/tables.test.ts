import { describe, expect, it } from 'vitest';
import { propertiesOf, theTemplate } from './the-template.ts';

const template = theTemplate();

describe('the tables', () => {
  it('are two, under logical ids that must never change, for a changed one is an emptied table', () => {
    expect(Object.keys(template.findResources('AWS::DynamoDB::Table'))).toEqual([
      'ConfigTable',
      'EventLogTable',
    ]);
  });

  it('have the keys of the design', () => {
    expect(propertiesOf(template, 'ConfigTable')).toMatchObject({ KeySchema: keys('kind', 'id') });
    expect(propertiesOf(template, 'EventLogTable')).toMatchObject({ KeySchema: keys('orderKey', 'sk') });
  });

  it('have only texts for keys, in the tables and in the indexes', () => {
    expect(propertiesOf(template, 'ConfigTable').AttributeDefinitions).toEqual(texts('kind', 'id'));
    expect(propertiesOf(template, 'EventLogTable').AttributeDefinitions).toEqual(
      texts('orderKey', 'sk', 'owedTo', 'dueAt', 'day', 'eventId', 'listedFor'),
    );
  });

  it('index what is owed by when it is due, every event by time, and deliveries by endpoint, with only keys', () => {
    expect(propertiesOf(template, 'EventLogTable').GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'owed',
        KeySchema: keys('owedTo', 'dueAt'),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
      {
        IndexName: 'byTime',
        KeySchema: keys('day', 'eventId'),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
      {
        IndexName: 'byEndpoint',
        KeySchema: keys('listedFor', 'eventId'),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
  });

  it('are paid by use and can be restored to any moment of the last weeks', () => {
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('let events expire, and never what people configured', () => {
    expect(propertiesOf(template, 'EventLogTable').TimeToLiveSpecification).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    });
    expect(propertiesOf(template, 'ConfigTable')).not.toHaveProperty('TimeToLiveSpecification');
  });

  it('outlive the stack', () => {
    template.allResources('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it('go with the stack when the deployer says so', () => {
    theTemplate({ removalPolicy: 'destroy' }).allResources('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
    });
  });
});

function keys(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}

function texts(...names: readonly string[]) {
  return names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
}
