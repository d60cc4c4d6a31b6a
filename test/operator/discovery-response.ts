/** The body of a local relay's discovery response. */
import { WEBHOOKS } from './tables-only-relay.ts';

/** @param engines the URL of its DynamoDB and SQS */
export function aDiscoveryResponse(engines = 'http://127.0.0.1:1'): string {
  return JSON.stringify({
    webhookBaseAddress: WEBHOOKS,
    configTableName: 'Config',
    eventLogTableName: 'EventLog',
    eventsQueueUrl: `${engines}/1/events.fifo`,
    eventsDeadLetterQueueUrl: `${engines}/1/events-dead.fifo`,
    deliveriesQueueUrl: `${engines}/1/deliveries`,
    deliveriesDeadLetterQueueUrl: `${engines}/1/deliveries-dead`,
    dynamoDbEndpoint: engines,
    sqsEndpoint: engines,
    region: 'us-east-1',
    dataDir: null,
  });
}
