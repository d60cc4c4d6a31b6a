/** The least that a function with the relay's AWS clients can be: what a cold start is compared with. */
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

const logger = new Logger();
const tables = DynamoDBDocumentClient.from(new DynamoDBClient());
const queues = new SQSClient();

/** Only loaded, never called: its calls keep the commands in the bundle. */
export async function handler(event: { readonly id: string }): Promise<void> {
  logger.info('received', { id: event.id });
  const { id } = event;
  await tables.send(new PutCommand({ TableName: 'events', Item: { id } }));
  await tables.send(
    new QueryCommand({
      TableName: 'events',
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': id },
    }),
  );
  await tables.send(new UpdateCommand({ TableName: 'events', Key: { id } }));
  await queues.send(new SendMessageCommand({ QueueUrl: 'https://sqs.invalid/1/none', MessageBody: id }));
}
