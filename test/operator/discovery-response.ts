/** The body of a local relay's discovery response. */
import { WEBHOOKS } from './tables-only-relay.ts';

/** @param engines the URL of its DynamoDB and SQS */
export function aDiscoveryResponse(engines = 'http://127.0.0.1:1'): string {
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
