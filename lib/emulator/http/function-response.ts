/**
 * Turns a function's result into an HTTP response, by the rules of payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { z } from 'zod';

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

const headerSchema = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const responseSchema = z.looseObject({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), headerSchema).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * @param result the handler's result as JSON
 * @returns undefined when it has a status code but is not a valid response
 */
export function responseOf(result: string): HttpResponse | undefined {
  const value: unknown = JSON.parse(result);
  if (!hasStatusCode(value)) return inferredResponse(value, result);
  const parsed = responseSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lowerCased = Object.entries(headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]);
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(lowerCased),
      ...(cookies && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** The API's own responses, such as `{"message":"Not Found"}`. */
export function messageResponse(status: number, message: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

function hasStatusCode(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'statusCode' in value;
}

/** A result without a status code is the body of a 200. */
function inferredResponse(value: unknown, json: string): HttpResponse {
  const body = typeof value === 'string' ? value : json;
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
}
