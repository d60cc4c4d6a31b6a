/** Answers requests to the webhook addresses as the deployed HTTP API does. */
import type { IncomingMessage } from 'node:http';
import { LAMBDA } from '../../contract/service-limits.ts';
import type { IngestContext } from '../../relay/context.ts';
import { isToken } from '../../relay/endpoint/source.ts';
import { ingest } from '../../relay/ingest.ts';
import { sha256Hex } from '../../relay/model/ids.ts';
import { jsonAnswer, type WebhookAnswer, webhookAnswer } from '../../relay/webhook-answer.ts';
import { BodyMemory } from './body-memory.ts';
import { readBody } from './read-body.ts';

/** Ten of the largest bodies. A webhook of the Hub has a few kilobytes. */
const BODIES_BYTES = 10 * LAMBDA.eventBytes;

interface WebhookPath {
  /** The rest of the path, decoded. */
  readonly token: string;
  /** Percent-encoded, without the question mark. */
  readonly query: string;
}

/** Undefined when the client has disconnected: nobody waits for an answer. */
export type WebhookHandler = (
  request: IncomingMessage,
  path: WebhookPath,
) => Promise<WebhookAnswer | undefined>;

export interface WebhookHandlerOptions {
  /** Called with false when the store has refused a webhook. */
  readonly onStored?: (isStored: boolean) => void;
  /** The answer to an event that is stored waits for this. */
  readonly caughtUp?: () => Promise<void>;
}

export function webhookHandler(
  context: IngestContext,
  { onStored = () => {}, caughtUp = async () => {} }: WebhookHandlerOptions = {},
): WebhookHandler {
  const memory = new BodyMemory(BODIES_BYTES);
  return async (request, { token: given, query }) => {
    // The address in the Hub may be `…/<token>?orderid=` or `…/<token>/?orderid=`.
    const token = given.replace(/\/$/, '');
    // A request with an unknown token gets no memory for a body.
    if (!(await mayBeKnown(context, token))) return webhookAnswer({ kind: 'unknown address' });
    const read = await readBody(request, memory, LAMBDA.eventBytes);
    try {
      switch (read.kind) {
        case 'aborted':
          return undefined;
        case 'too large':
          return jsonAnswer(413, { message: 'Request Entity Too Large' });
        case 'no memory':
          context.telemetry.warn('webhook refused: the bodies of other requests fill the memory for them');
          context.telemetry.count('EventsRefused');
          return webhookAnswer({ kind: 'unavailable' });
        case 'body': {
          const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
          const answer = await ingest(context, {
            token,
            method: request.method ?? 'POST',
            rawQuery: query,
            ...(contentType !== undefined && { contentType }),
            ...(contentEncoding !== undefined && { contentEncoding }),
            body: read.body,
          });
          if (answer.kind === 'accepted' || answer.kind === 'unavailable')
            onStored(answer.kind === 'accepted');
          if (answer.kind === 'accepted') await caughtUp();
          return webhookAnswer(answer);
        }
      }
    } finally {
      read.release();
    }
  };
}

/** True also when the sources cannot be read: ingest then decides. */
async function mayBeKnown({ config }: IngestContext, token: string): Promise<boolean> {
  if (!isToken(token)) return false;
  try {
    return (await config.sourceByToken(sha256Hex(token))) !== undefined;
  } catch {
    // Ingest reads the sources again, and logs why it cannot.
    return true;
  }
}
