/** The two tables: people write Config, the functions write EventLog. */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
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

const INDEXES = [OWED_INDEX, BY_TIME_INDEX, BY_ENDPOINT_INDEX];

/** A new table, or an existing one. */
export type RelayTable = Table | ITable;

export interface TablesProps {
  readonly settings: Pick<StackConfig, 'removalPolicy'> &
    Partial<Pick<StackConfig, 'configTable' | 'eventLogTable'>>;
  /** A customer managed key. */
  readonly key?: IKey | undefined;
}

export class Tables extends Construct {
  readonly config: RelayTable;
  readonly eventLog: RelayTable;

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
    const { configTable = '', eventLogTable = '' } = settings;
    this.config = configTable === '' ? this.#newConfig(shared) : this.#existing('Config', configTable);
    this.eventLog =
      eventLogTable === '' ? this.#newEventLog(shared) : this.#existing('EventLog', eventLogTable);
  }

  #newConfig(shared: Partial<TableProps>): Table {
    const table = new Table(this, 'Config', { ...shared, ...keys(CONFIG_TABLE) });
    setLogicalId(table, 'ConfigTable');
    return table;
  }

  #newEventLog(shared: Partial<TableProps>): Table {
    const table = new Table(this, 'EventLog', {
      ...shared,
      ...keys(EVENT_LOG_TABLE),
      timeToLiveAttribute: EVENT_LOG_TABLE.timeToLive,
    });
    setLogicalId(table, 'EventLogTable');
    for (const index of INDEXES) {
      table.addGlobalSecondaryIndex({
        indexName: index.name,
        ...keys(index),
        // DynamoDB writes an index entry again whenever a projected attribute changes. Readers get the rest from the
        // table.
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }

  /** A table that the stack uses and never changes or deletes. */
  #existing(id: string, tableName: string): ITable {
    return Table.fromTableName(this, id, tableName);
  }
}

function keys({ partitionKey, sortKey }: { readonly partitionKey: string; readonly sortKey: string }) {
  return {
    partitionKey: { name: partitionKey, type: AttributeType.STRING },
    sortKey: { name: sortKey, type: AttributeType.STRING },
  };
}
