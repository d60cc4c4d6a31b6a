import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { parseEventMessage } from '../../lib/aws/sqs/parse-messages.ts';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import { AwsInProcess, type Faults } from './aws-in-process.ts';
import { PERSONAL, TOKEN, type Webhook, webhook } from './webhooks.ts';

/** Each run of the suite draws new webhooks. For many at once: `FUZZ_RUNS=100000 npm test -- test/fuzz`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1_000);
const RUNS_WITH_FAULTS = Math.ceil(RUNS / 4);
/** Many times what they take on a machine that is not busy. */
const TEST_LIMIT_MS = 300_000;

const aws = vi.hoisted(() => ({ requestHandler: undefined as unknown }));
vi.mock(import('../../lib/aws/clients.ts'), async (importOriginal) => {
  const actual = await importOriginal();
  const { dynamoDbClient, sqsClient } = actual;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const config = () => ({
    region: 'eu-central-1',
    credentials,
    requestHandler: aws.requestHandler as object,
  });
  return {
    ...actual,
    dynamoDbClient: () => dynamoDbClient(config()),
    sqsClient: () => sqsClient(config()),
  };
});

const services = new AwsInProcess([{ kind: 'source', id: 'main', tokenSha256: sha256Hex(TOKEN) }]);
const CONTEXT: Partial<Context> = {
  functionName: 'ingest',
  awsRequestId: 'a-request',
  getRemainingTimeInMillis: () => 15_000,
};
const resultSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
});
type Result = z.output<typeof resultSchema>;

let handler: (event: Webhook['event'], context: Context) => Promise<unknown>;
const written: string[] = [];
let hasWritten = false;

beforeAll(async () => {
  aws.requestHandler = services.requestHandler;
  vi.stubEnv('EVENT_LOG_TABLE', 'EventLog');
  vi.stubEnv('CONFIG_TABLE', 'Config');
  vi.stubEnv('EVENTS_QUEUE_URL', 'https://sqs.eu-central-1.amazonaws.com/123456789012/events.fifo');
  vi.stubEnv('RETENTION_DAYS', '30');
  vi.stubEnv('PAYLOAD_RETENTION_DAYS', '30');
  // The worst that somebody may do in the Lambda console.
  vi.stubEnv('POWERTOOLS_LOGGER_LOG_EVENT', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'DEBUG');
  ({ handler } = await import('../../lambdas/ingest.ts'));
  const keep = (chunk: unknown) => written.push(String(chunk)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  for (const level of ['warn', 'error', 'info', 'log', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...parts) => void written.push(parts.join(' ')));
});
afterAll(() => {
  expect(hasWritten, 'the tests see what the function writes').toBe(true);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** The answer to a webhook, and the logs and metrics that were written meanwhile. */
async function answered({ event }: Webhook, faults: Faults = {}): Promise<{ result: Result; lines: string }> {
  services.clear(faults);
  written.length = 0;
  const result = resultSchema.parse(await handler(event, CONTEXT as Context));
  const lines = written.join('');
  hasWritten ||= lines !== '';
  return { result, lines };
}

/** The bytes that the function was handed. */
function bytesOf({ body = '', isBase64Encoded }: Webhook['event']): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** `toEqual` compares buffers byte by byte in JavaScript, which takes longer than all of ingest. */
function expectSameBytes(actual: Buffer | undefined, expected: Buffer): void {
  expect(actual?.toString('hex')).toBe(expected.toString('hex'));
}

function namesAnOrder(rawQuery: string): boolean {
  return [...new URLSearchParams(`&${rawQuery}`)].some(
    ([name, value]) => name.toLowerCase() === 'orderid' && value !== '',
  );
}

function expectNothingGivenAway(lines: string): void {
  expect(lines).not.toContain(PERSONAL);
  expect(lines).not.toContain(TOKEN);
  expect(lines.toLowerCase()).not.toContain(TOKEN.toLowerCase());
  expect(lines).not.toContain(sha256Hex(TOKEN));
  expect(lines).not.toContain(encodeURIComponent(PERSONAL));
}

const isAddressed = ({ token }: Webhook) => token.replace(/\/$/, '') === TOKEN;

function expectRightRefusal(sent: Webhook, { statusCode, headers, body }: Result): void {
  const { event, rawQuery } = sent;
  if (!isAddressed(sent)) {
    expect({ statusCode, headers, body }).toEqual({
      statusCode: 404,
      headers: { 'content-type': 'application/json' },
      body: { message: 'Not Found' },
    });
  } else {
    expect(statusCode).toBe(200);
    expect(body).toEqual({ message: expect.stringContaining('address works') });
    if (['GET', 'HEAD', 'OPTIONS'].includes(event.requestContext.http.method)) return;
    expect(bytesOf(event)).toHaveLength(0);
    expect(namesAnOrder(rawQuery)).toBe(false);
  }
}

describe('ingest, whatever it is handed', () => {
  it(
    'keeps every byte of what it answers 2xx, never answers 5xx, and gives nothing away',
    async () => {
      let accepted = 0;
      await fc.assert(
        fc.asyncProperty(webhook, async (sent) => {
          const { result, lines } = await answered(sent);

          expectNothingGivenAway(lines);
          const { eventId } = result.body;
          if (eventId === undefined) {
            expectRightRefusal(sent, result);
            expect(services.rows.size + services.sent.length).toBe(0);
            return;
          }
          accepted++;
          expect(result.statusCode).toBe(200);
          const payload = services.payloadOf(eventId);
          expectSameBytes(payload?.body, bytesOf(sent.event));
          expect(payload?.contentType).toBe(sent.event.headers['content-type']?.toWellFormed());
          expect(services.rows.get(`event#${eventId}`)).toMatchObject({
            orderKey: services.rows.get(`payload#${eventId}`)?.orderKey,
            owedTo: { S: expect.stringMatching(/^fan-out#\d$/) },
            dueAt: { S: expect.any(String) },
          });
          expect(services.sent).toHaveLength(1);
        }),
        { numRuns: RUNS },
      );
      expect(accepted).toBeGreaterThan(RUNS / 3);
    },
    TEST_LIMIT_MS,
  );

  it(
    'loses nothing while table and queue refuse this and that, and is unavailable only when both do',
    async () => {
      const faults = fc.record({
        reads: fc.boolean(),
        writes: fc.boolean(),
        sends: fc.boolean(),
        eventWrites: fc.nat(20).map((drawn) => drawn === 0),
      });
      const seen = new Map<number, number>();
      await fc.assert(
        fc.asyncProperty(webhook, faults, async (sent, broken) => {
          const { result, lines } = await answered(sent, broken);

          expectNothingGivenAway(lines);
          const { statusCode, body } = result;
          seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
          if (statusCode === 503) {
            // A new source may have the token of an address that is not known, while the sources cannot be read.
            expect(broken.writes || broken.eventWrites || !isAddressed(sent)).toBe(true);
            expect(broken.sends || body.eventId === undefined).toBe(true);
          } else if (body.eventId === undefined) {
            expectRightRefusal(sent, result);
          } else if (broken.writes || broken.eventWrites || !isAddressed(sent)) {
            expectSameBytes(bodyOnQueue(body.eventId), bytesOf(sent.event));
          } else {
            expectSameBytes(services.payloadOf(body.eventId)?.body, bytesOf(sent.event));
            expect(services.rows.has(`event#${body.eventId}`)).toBe(true);
          }
        }),
        { numRuns: RUNS_WITH_FAULTS },
      );
      expect([...seen.keys()].toSorted()).toEqual([200, 404, 503]);
    },
    TEST_LIMIT_MS,
  );
});

/** The body of an event that travels with its message, as fan-out reads it. */
function bodyOnQueue(eventId: string): Buffer | undefined {
  for (const { MessageBody } of services.sent) {
    const parsed = parseEventMessage({ body: MessageBody, attributes: { ApproximateReceiveCount: '1' } });
    if (parsed.kind === 'message' && parsed.message.eventId === eventId)
      return parsed.message.fullEvent && Buffer.from(parsed.message.fullEvent.payload.body);
  }
  return undefined;
}
