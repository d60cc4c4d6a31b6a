/** Reads the settings of the tables from DynamoDB. */
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { EVENT_LOG_TABLE } from '../../contract/tables.ts';
import type { TableFacts } from '../../operator/diagnostics.ts';
import type { AwsRelay } from '../aws-relay.ts';
import { LIMITS } from './limits.ts';

export async function tableFacts({ configTableName, eventLogTableName }: AwsRelay): Promise<TableFacts[]> {
  const client = new DynamoDBClient(LIMITS);
  try {
    return await Promise.all([
      factsOf(client, configTableName),
      factsOf(client, eventLogTableName, EVENT_LOG_TABLE.timeToLive),
    ]);
  } finally {
    client.destroy();
  }
}

async function factsOf(
  client: DynamoDBClient,
  TableName: string,
  mustExpireBy?: string,
): Promise<TableFacts> {
  try {
    const [
      { Table = {} },
      { TimeToLiveDescription: expiry = {} },
      { ContinuousBackupsDescription: backups },
    ] = await Promise.all([
      client.send(new DescribeTableCommand({ TableName })),
      client.send(new DescribeTimeToLiveCommand({ TableName })),
      client.send(new DescribeContinuousBackupsCommand({ TableName })),
    ]);
    const recovery = backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    return {
      name: TableName,
      status: Table.TableStatus ?? 'UNKNOWN',
      expiresBy: expiry.TimeToLiveStatus === 'ENABLED' ? expiry.AttributeName : undefined,
      mustExpireBy,
      hasPointInTimeRecovery: recovery === 'ENABLED',
      isProtected: Table.DeletionProtectionEnabled ?? false,
    };
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException || isTableMissing(error))) throw error;
    return { name: TableName, status: 'missing', hasPointInTimeRecovery: false, isProtected: false };
  }
}

/** Only DescribeContinuousBackups has an error of its own. */
function isTableMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'TableNotFoundException';
}
