/** The AWS SDK's clients, with time limits that fit a function which must answer within seconds. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * The SDK would wait for ever. Within a region a connection takes milliseconds and an answer tens of them, so a try
 * that takes longer than this is lost, and another one soon finds a healthy host. Three tries end within seven
 * seconds: no function is killed while it waits. Connections are kept alive between calls, as is the SDK's default.
 */
export const CLIENT_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    /** Until the answer begins. */
    requestTimeout: 2_000,
    /** An answer that begins and then stops. */
    socketTimeout: 2_000,
    // Without it the SDK warns of a request that takes too long, and goes on waiting.
    throwOnRequestTimeout: true,
  },
};

/**
 * Ingest reads the sources, stores the event, and then has the queue to fall back on: all within its 15 seconds. It gives
 * up a call to the table after a limit of its own (`within` in `lib/relay/model/clock.ts`), but the SDK goes on with that call.
 * Two tries end within 4.5 seconds. So the last call that ingest starts ends before Lambda would kill the function, and
 * none is left to be made in a later invocation.
 */
export const INGEST_LIMITS = { ...CLIENT_LIMITS, maxAttempts: 2 };

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
