/** What a local relay says of itself, as the body of its answer. */
import { WEBHOOKS } from './relay-of-tables.ts';

/** @param engines where its DynamoDB and SQS are */
export function aDiscovery(engines = 'http://127.0.0.1:1'): string {
  return JSON.stringify({
    WebhookBaseAddress: WEBHOOKS,
    ConfigTableName: 'Config',
    EventLogTableName: 'EventLog',
    EventsQueueUrl: `${engines}/1/events.fifo`,
    EventsDeadLetterQueueUrl: `${engines}/1/events-dead.fifo`,
    DeliveriesQueueUrl: `${engines}/1/deliveries`,
    DeliveriesDeadLetterQueueUrl: `${engines}/1/deliveries-dead`,
    dynamoDbEndpoint: engines,
    sqsEndpoint: engines,
    region: 'us-east-1',
    dataDir: null,
  });
}
