/** The two tables: people write Config, the functions write EventLog. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import {
  BY_ENDPOINT_INDEX,
  BY_TIME_INDEX,
  CONFIG_TABLE,
  EVENT_LOG_TABLE,
  OWED_INDEX,
} from '../contract/tables.ts';
import type { StackConfig } from './config.ts';
import { setLogicalId } from './logical-id.ts';

export interface TablesProps {
  readonly settings: Pick<StackConfig, 'removalPolicy'>;
  /** A customer managed key. */
  readonly key?: IKey | undefined;
}

export class Tables extends Construct {
  readonly config: Table;
  readonly eventLog: Table;

  constructor(scope: Construct, id: string, { settings, key }: TablesProps) {
    super(scope, id);
    const isKept = settings.removalPolicy === 'retain';
    const shared = {
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: isKept,
      removalPolicy: isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
    };

    this.config = new Table(this, 'Config', { ...shared, ...keys(CONFIG_TABLE) });
    setLogicalId(this.config, 'ConfigTable');

    this.eventLog = new Table(this, 'EventLog', {
      ...shared,
      ...keys(EVENT_LOG_TABLE),
      timeToLiveAttribute: EVENT_LOG_TABLE.timeToLive,
    });
    setLogicalId(this.eventLog, 'EventLogTable');

    for (const index of [OWED_INDEX, BY_TIME_INDEX, BY_ENDPOINT_INDEX]) {
      this.eventLog.addGlobalSecondaryIndex({
        indexName: index.name,
        ...keys(index),
        // DynamoDB writes an index entry again whenever a projected attribute changes. Readers get the rest from the
        // table.
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
  }
}

function keys({ partitionKey, sortKey }: { readonly partitionKey: string; readonly sortKey: string }) {
  return {
    partitionKey: { name: partitionKey, type: AttributeType.STRING },
    sortKey: { name: sortKey, type: AttributeType.STRING },
  };
}
