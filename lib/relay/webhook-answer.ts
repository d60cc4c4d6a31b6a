/** The answer of the webhook address, as HTTP. It is the same on every engine. */
import { DYNAMODB } from '../contract/service-limits.ts';
import type { IngestAnswer } from './ingest.ts';

export interface WebhookAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const RETRY_AFTER_SECONDS = 30;

export function webhookAnswer(answer: IngestAnswer): WebhookAnswer {
  switch (answer.kind) {
    case 'accepted':
      return jsonAnswer(200, { eventId: answer.eventId });
    case 'address works':
      return jsonAnswer(200, { message: 'This address works. Webhooks sent to it are passed on.' });
    case 'unknown address':
      // Identical to API Gateway's answer for a path without a route, so that a guess reveals nothing.
      return jsonAnswer(404, { message: 'Not Found' });
    case 'too large':
      return jsonAnswer(413, {
        message: `The body cannot be stored: even compressed it is larger than ${DYNAMODB.itemBytes / 1024} KB.`,
      });
    case 'unavailable':
      return jsonAnswer(
        503,
        { message: 'Not stored. Please send it again.' },
        { 'retry-after': String(RETRY_AFTER_SECONDS) },
      );
  }
}

export function jsonAnswer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): WebhookAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
