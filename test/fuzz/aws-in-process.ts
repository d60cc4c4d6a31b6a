/**
 * DynamoDB and SQS as far as ingest uses them, in this process: what stands in for the network below the SDK's own
 * clients. It is as strict as the services are about what they are handed, for that is where hostile input fails.
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** Sizes and characters: the services' quotas, and the API references of SendMessage and of DynamoDB's naming rules. */
const ROW_LIMIT_BYTES = 400 * 1024;
const PARTITION_KEY_LIMIT_BYTES = 2_048;
const SORT_KEY_LIMIT_BYTES = 1_024;
const MESSAGE_LIMIT_BYTES = 1_024 * 1_024;
const MESSAGE_CHARACTERS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u;
const GROUP_CHARACTERS = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/** The service that fails. */
export interface Faults {
  readonly reads?: boolean;
  readonly writes?: boolean;
  readonly sends?: boolean;
  /** The event's row is not written, its payload is. */
  readonly eventWrites?: boolean;
}

type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The part of an HTTP request of the SDK's that tells what is asked. */
export interface SdkRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const item = z.record(z.string(), z.record(z.string(), z.unknown()));
const querySchema = z.object({
  ExpressionAttributeValues: z.record(z.string(), z.object({ S: z.string() })),
});
const putSchema = z.object({ Item: item, ConditionExpression: z.string() });
const messageSchema = z.object({
  MessageBody: z.string(),
  MessageGroupId: z.string(),
  MessageDeduplicationId: z.string(),
});
export type SentMessage = z.output<typeof messageSchema>;

export class AwsInProcess {
  /** Rows of the EventLog table, by sort key: event ids are in it, so it is unique. */
  readonly rows = new Map<string, Item>();
  readonly sent: SentMessage[] = [];
  readonly #sources: readonly Item[];
  faults: Faults = {};

  constructor(sources: readonly Readonly<Record<string, string>>[]) {
    this.#sources = sources.map((source) =>
      Object.fromEntries(Object.entries(source).map(([name, text]) => [name, { S: text }])),
    );
  }

  clear(faults: Faults = {}): void {
    this.rows.clear();
    this.sent.length = 0;
    this.faults = faults;
  }

  /** The body that is kept for an event, as it was received. */
  payloadOf(eventId: string): { readonly body: Buffer; readonly contentType: unknown } | undefined {
    const row = this.rows.get(`payload#${eventId}`);
    if (row === undefined) return undefined;
    const { body, bodyGzip, contentType } = row;
    const bytes =
      bodyGzip === undefined
        ? Buffer.from(z.string().parse(body?.S))
        : gunzipSync(Buffer.from(z.string().parse(bodyGzip.B), 'base64'));
    return { body: bytes, contentType: contentType?.S };
  }

  /** For the `requestHandler` of the SDK's clients. */
  readonly requestHandler = {
    handle: async (request: SdkRequest) => {
      const [, action = ''] = (request.headers['x-amz-target'] ?? '').split('.');
      return { response: this.#answer(action, JSON.parse(String(request.body))) };
    },
  };

  #answer(action: string, input: unknown) {
    try {
      switch (action) {
        case 'Query':
          return answered(200, this.#query(input));
        case 'PutItem':
          return answered(200, this.#putItem(input));
        case 'SendMessage':
          return answered(200, this.#send(input));
        default:
          throw new RefusedError('UnknownOperationException', action);
      }
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return answered(400, { __type: error.name, message: error.message });
    }
  }

  #query(input: unknown): object {
    if (this.faults.reads)
      throw new RefusedError('AccessDeniedException', 'not authorized to perform: Query');
    const { ExpressionAttributeValues } = querySchema.parse(input);
    if (ExpressionAttributeValues[':kind'] !== undefined) return { Items: this.#sources };
    const orderKey = ExpressionAttributeValues[':orderKey']?.S ?? '';
    refuseUnless(isKey(orderKey, PARTITION_KEY_LIMIT_BYTES), 'ValidationException');
    const newest = [...this.rows.values()]
      .filter((row) => row.orderKey?.S === orderKey && String(row.sk?.S).startsWith('event#'))
      .map(({ sk }) => ({ sk }))
      .at(-1);
    return { Items: newest === undefined ? [] : [newest] };
  }

  #putItem(input: unknown): object {
    const { Item } = putSchema.parse(input);
    refuseRow(Item);
    const sk = String(Item.sk?.S);
    const { writes, eventWrites } = this.faults;
    if (writes || (eventWrites && sk.startsWith('event#')))
      throw new RefusedError('AccessDeniedException', 'not authorized to perform: PutItem');
    refuseUnless(!this.rows.has(sk), 'ConditionalCheckFailedException');
    this.rows.set(sk, Item);
    return {};
  }

  #send(input: unknown): object {
    if (this.faults.sends) throw new RefusedError('AccessDeniedException', 'not authorized: SendMessage');
    const message = messageSchema.parse(input);
    const { MessageBody, MessageGroupId, MessageDeduplicationId } = message;
    refuseUnless(MESSAGE_CHARACTERS.test(MessageBody), 'InvalidMessageContents');
    refuseUnless(Buffer.byteLength(MessageBody) <= MESSAGE_LIMIT_BYTES, 'InvalidParameterValue');
    refuseUnless(GROUP_CHARACTERS.test(MessageGroupId), 'InvalidParameterValue');
    refuseUnless(GROUP_CHARACTERS.test(MessageDeduplicationId), 'InvalidParameterValue');
    this.sent.push(message);
    const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
    return { MessageId: 'a-message', MD5OfMessageBody, SequenceNumber: '1' };
  }
}

class RefusedError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

function refuseUnless(isRight: boolean, name: string): void {
  if (!isRight) throw new RefusedError(name, 'the service refuses such input');
}

function refuseRow(row: Item): void {
  refuseUnless(isKey(String(row.orderKey?.S), PARTITION_KEY_LIMIT_BYTES), 'ValidationException');
  refuseUnless(isKey(String(row.sk?.S), SORT_KEY_LIMIT_BYTES), 'ValidationException');
  const written = JSON.stringify(row);
  refuseUnless(Buffer.byteLength(written) <= 2 * ROW_LIMIT_BYTES, 'ValidationException');
  // Half of a surrogate pair has no form in UTF-8.
  refuseUnless(!/\\ud[89a-f][0-9a-f]{2}/.test(written.replaceAll('\\\\', '')), 'SerializationException');
}

function isKey(text: string, limitBytes: number): boolean {
  return text !== '' && text.isWellFormed() && Buffer.byteLength(text) <= limitBytes;
}

function answered(statusCode: number, body: object) {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}
