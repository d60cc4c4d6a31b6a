/** The two tables: Config, which people write, and EventLog, which the functions write. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { StackConfig } from './config.ts';
import { nameLogically } from './logical-id.ts';

/** The index of what is due, by whom it is owed to: sparse, so it holds unfinished work alone. */
export const OWED_INDEX = 'owed';
/** All events as they came. */
export const BY_TIME_INDEX = 'byTime';

export interface TablesProps {
  readonly settings: Pick<StackConfig, 'removalPolicy'>;
  /** A key of the account's own. */
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

    this.config = new Table(this, 'Config', { ...shared, partitionKey: text('kind'), sortKey: text('id') });
    nameLogically(this.config, 'ConfigTable');

    this.eventLog = new Table(this, 'EventLog', {
      ...shared,
      partitionKey: text('orderKey'),
      sortKey: text('sk'),
      timeToLiveAttribute: 'expiresAt',
    });
    nameLogically(this.eventLog, 'EventLogTable');

    // Keys only: what an index projects is written again at every change of it, and rows are read from the table anyway.
    const keysOnly = { projectionType: ProjectionType.KEYS_ONLY };
    this.eventLog.addGlobalSecondaryIndex({
      ...keysOnly,
      indexName: OWED_INDEX,
      partitionKey: text('owedTo'),
      sortKey: text('dueAt'),
    });
    this.eventLog.addGlobalSecondaryIndex({
      ...keysOnly,
      // A day is cut into shards, because one partition takes 1,000 writes a second.
      indexName: BY_TIME_INDEX,
      partitionKey: text('day'),
      sortKey: text('eventId'),
    });
  }
}

function text(name: string) {
  return { name, type: AttributeType.STRING };
}
