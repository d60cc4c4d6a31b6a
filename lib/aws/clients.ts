/** The AWS SDK's clients, with time limits that fit a function which must answer within seconds. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CLIENT_LIMITS } from './client-limits.ts';

/** Region, credentials and endpoint come from the environment unless given. */
export function dynamoDbClient(config: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...CLIENT_LIMITS, ...config }), {
    marshallOptions: { removeUndefinedValues: true },
    // The default refuses a whole page of rows for one number that is beyond JavaScript's integers.
    unmarshallOptions: { wrapNumbers: Number },
  });
}

/** Region, credentials and endpoint come from the environment unless given. */
export function sqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ ...CLIENT_LIMITS, ...config });
}
