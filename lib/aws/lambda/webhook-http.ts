/** Translates between API Gateway's payload format 2.0 and ingest. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { TOKEN_PARAMETER } from '../../contract/template.ts';
import type { IngestAnswer, WebhookRequest } from '../../relay/ingest.ts';
import { webhookAnswer } from '../../relay/webhook-answer.ts';

/**
 * In payload format 2.0 header names are in lower case, the query is encoded, and a body that is not text is base64
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
export function readWebhookRequest(event: APIGatewayProxyEventV2): WebhookRequest {
  const { 'content-type': contentType, 'content-encoding': contentEncoding } = event.headers;
  return {
    // The address in the Hub may be `…/<token>?orderid=` or `…/<token>/?orderid=`. The route accepts both.
    token: (event.pathParameters?.[TOKEN_PARAMETER] ?? '').replace(/\/$/, ''),
    method: event.requestContext.http.method,
    rawQuery: event.rawQueryString,
    // A lone surrogate has no UTF-8 form, and DynamoDB refuses it.
    ...(contentType !== undefined && { contentType: contentType.toWellFormed() }),
    ...(contentEncoding !== undefined && { contentEncoding: contentEncoding.toWellFormed() }),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

export function webhookResponse(answer: IngestAnswer): APIGatewayProxyStructuredResultV2 {
  const { status, headers, body } = webhookAnswer(answer);
  return { statusCode: status, headers, body };
}
