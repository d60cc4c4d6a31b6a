/** A webhook as API Gateway hands it to the function, read into what ingest takes. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { TOKEN_PARAMETER } from '../../contract/template.ts';
import type { WebhookRequest } from '../../relay/ingest.ts';

/**
 * Payload format 2.0: header names are in lower case, the query is still encoded, and what API Gateway does not take
 * for text comes as base64
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
export function readWebhookRequest(event: APIGatewayProxyEventV2): WebhookRequest {
  const contentType = event.headers['content-type'];
  return {
    // The Hub is given `…/<token>?orderid=` and may be given `…/<token>/?orderid=`: the route takes both.
    token: (event.pathParameters?.[TOKEN_PARAMETER] ?? '').replace(/\/$/, ''),
    rawQuery: event.rawQueryString,
    // Half of a surrogate pair has no form in UTF-8, and DynamoDB refuses it.
    ...(contentType !== undefined && { contentType: contentType.toWellFormed() }),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}
