/** Ingest's answers as API Gateway wants them. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DYNAMODB } from '../../contract/service-limits.ts';
import type { IngestAnswer } from '../../relay/ingest.ts';

const RETRY_AFTER_SECONDS = 30;

export function webhookResponse(answer: IngestAnswer): APIGatewayProxyStructuredResultV2 {
  switch (answer.kind) {
    case 'accepted':
      return json(200, { eventId: answer.eventId });
    case 'address works':
      return json(200, { message: 'This address works. Webhooks sent to it are passed on.' });
    case 'unknown address':
      // To the letter what API Gateway answers on a path without a route.
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
