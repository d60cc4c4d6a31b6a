/** Opens the two tables under the names that the stack set in the environment. Ingest opens less of them. */
import { Config } from '../../relay/config.ts';
import { dynamoDbClient } from '../clients.ts';
import { DynamoConfigTable } from '../dynamodb/config-table.ts';
import { DynamoEventLog } from '../dynamodb/event-log.ts';
import { clock, telemetry } from './function-setup.ts';

export interface TablesEnvironment {
  readonly EVENT_LOG_TABLE: string;
  readonly CONFIG_TABLE: string;
  readonly RETENTION_DAYS?: number;
  readonly PAYLOAD_RETENTION_DAYS?: number;
}

export function openTables(environment: TablesEnvironment) {
  const client = dynamoDbClient();
  return {
    eventLog: new DynamoEventLog({
      client,
      clock,
      telemetry,
      tableName: environment.EVENT_LOG_TABLE,
      ...(environment.RETENTION_DAYS !== undefined && { retentionDays: environment.RETENTION_DAYS }),
      ...(environment.PAYLOAD_RETENTION_DAYS !== undefined && {
        payloadRetentionDays: environment.PAYLOAD_RETENTION_DAYS,
      }),
    }),
    config: new Config(
      new DynamoConfigTable({ client, tableName: environment.CONFIG_TABLE }),
      clock,
      telemetry,
    ),
  };
}
