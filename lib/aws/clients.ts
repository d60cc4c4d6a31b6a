/** The AWS SDK's clients, with timeouts for functions that must answer within seconds. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Without limits the SDK waits for ever. Within a region a connection takes milliseconds and an answer tens of them, so
 * a slower attempt has failed, and a retry soon reaches a healthy host. Three attempts end within seven seconds, before
 * any function's timeout. Connections are kept alive between calls, as is the SDK's default.
 */
export const CLIENT_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    /** Until the first byte of the answer. */
    requestTimeout: 2_000,
    /** Between two parts of an answer. */
    socketTimeout: 2_000,
    // Without this option the SDK only logs a warning and keeps waiting.
    throwOnRequestTimeout: true,
  },
};

/**
 * Ingest reads the sources, stores the event, and falls back to the queue, all within its 15 seconds. It stops waiting
 * for a table call after its own limit (`within` in `lib/relay/model/clock.ts`), but the SDK continues that call. Two
 * attempts end within 4.5 seconds, so every call ends before Lambda stops the function, and none continues in a later
 * invocation.
 */
export const INGEST_LIMITS = { ...CLIENT_LIMITS, maxAttempts: 2 };

/** Region, credentials and endpoint come from the environment unless given. */
export function dynamoDbClient(config: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...CLIENT_LIMITS, ...config }), {
    marshallOptions: { removeUndefinedValues: true },
    // By default one number beyond JavaScript's safe integers makes a whole page of rows fail.
    unmarshallOptions: { wrapNumbers: Number },
  });
}

/** Region, credentials and endpoint come from the environment unless given. */
export function sqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ ...CLIENT_LIMITS, ...config });
}
