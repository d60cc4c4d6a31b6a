import { describe, expect, it } from 'vitest';
import type { IngestAnswer } from '../../lib/relay/ingest.ts';
import { webhookAnswer } from '../../lib/relay/webhook-answer.ts';
import { anEventId } from '../ports/builders.ts';

const eventId = anEventId();
const JSON_ONLY = { 'content-type': 'application/json' };

describe('the answer of the webhook address', () => {
  it.each<[IngestAnswer, number, object, object]>([
    [{ kind: 'accepted', eventId }, 200, JSON_ONLY, { eventId }],
    [
      { kind: 'address works' },
      200,
      JSON_ONLY,
      { message: 'This address works. Webhooks sent to it are passed on.' },
    ],
    [{ kind: 'unknown address' }, 404, JSON_ONLY, { message: 'Not Found' }],
    [
      { kind: 'too large' },
      413,
      JSON_ONLY,
      { message: 'The body cannot be stored: even compressed it is larger than 400 KB.' },
    ],
    [
      { kind: 'unavailable' },
      503,
      { ...JSON_ONLY, 'retry-after': '30' },
      { message: 'Not stored. Please send it again.' },
    ],
  ])('to %j has the status %i', (answer, status, headers, body) => {
    const { body: text, ...head } = webhookAnswer(answer);

    expect(head).toEqual({ status, headers });
    expect(JSON.parse(text)).toEqual(body);
  });
});
