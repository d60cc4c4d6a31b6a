/** Translates between API Gateway's payload format 2.0 and ingest. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DYNAMODB } from '../../contract/service-limits.ts';
import { TOKEN_PARAMETER } from '../../contract/template.ts';
import type { IngestAnswer, WebhookRequest } from '../../relay/ingest.ts';

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

const RETRY_AFTER_SECONDS = 30;

export function webhookResponse(answer: IngestAnswer): APIGatewayProxyStructuredResultV2 {
  switch (answer.kind) {
    case 'accepted':
      return json(200, { eventId: answer.eventId });
    case 'address works':
      return json(200, { message: 'This address works. Webhooks sent to it are passed on.' });
    case 'unknown address':
      // Identical to API Gateway's answer for a path without a route, so that a guess reveals nothing.
      return json(404, { message: 'Not Found' });
    case 'too large':
      return json(413, {
        message: `The body cannot be stored: even compressed it is larger than ${DYNAMODB.itemBytes / 1024} KB.`,
      });
    case 'unavailable':
      return json(
        503,
        { message: 'Not stored. Please send it again.' },
        { 'retry-after': String(RETRY_AFTER_SECONDS) },
      );
  }
}

function json(
  statusCode: number,
  body: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
