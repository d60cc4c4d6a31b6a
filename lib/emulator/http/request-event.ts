/**
 * Builds the event that an HTTP API passes to a function, in payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT_ID } from '../account.ts';
import type { MatchedRoute } from './routes.ts';

export interface RequestTarget {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  /** Not decoded, without the question mark. */
  readonly query: string;
}

/** Undefined for a path that cannot be decoded. */
export function targetOf({ method = 'GET', url = '/' }: IncomingMessage): RequestTarget | undefined {
  const mark = url.indexOf('?');
  const [path, query] = mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
  try {
    return { method, path: decodeURIComponent(path), query };
  } catch {
    return undefined;
  }
}

export function requestEvent(
  request: IncomingMessage,
  target: RequestTarget,
  { route, pathParameters }: MatchedRoute,
  body: Buffer,
): APIGatewayProxyEventV2 {
  const { cookie, ...headers } = headersOf(request);
  const sourceIp = request.socket.remoteAddress ?? '';
  const [domainName = ''] = (request.headers.host ?? '').split(':');
  const now = new Date();
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: target.path,
    rawQueryString: target.query,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: {
      ...headers,
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': String(request.socket.localPort ?? ''),
      'x-forwarded-proto': 'http',
    },
    ...(target.query !== '' && { queryStringParameters: queryParameters(target.query) }),
    pathParameters: { ...pathParameters },
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: route.apiId,
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: target.method,
        path: target.path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 ? eventBody(body, request.headers['content-type']) : { isBase64Encoded: false }),
  };
}

/** Lower-case names; repeated headers joined by commas. */
function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  );
}

function queryParameters(query: string): Record<string, string> {
  const parameters = Map.groupBy(new URLSearchParams(query), ([name]) => name);
  return Object.fromEntries(
    [...parameters].map(([name, given]) => [name, given.map(([, value]) => value).join(',')]),
  );
}

/** `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(moment: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(moment.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** `text/*` and these types are text, whatever their parameters. Any other body, or one without a type, is base64. */
const TEXT_TYPES = new Set(['application/json', 'application/xml', 'application/javascript']);

export interface EventBody {
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * A body with a text type whose bytes are not UTF-8 becomes base64 here, so that no byte changes. API Gateway's
 * documentation does not cover this case.
 */
export function eventBody(bytes: Buffer, contentType: string | undefined): EventBody {
  return isTextType(contentType) && isUtf8(bytes)
    ? { body: bytes.toString('utf8'), isBase64Encoded: false }
    : { body: bytes.toString('base64'), isBase64Encoded: true };
}

function isTextType(contentType = ''): boolean {
  const [type = ''] = contentType.split(';');
  const essence = type.trim().toLowerCase();
  return essence.startsWith('text/') || TEXT_TYPES.has(essence);
}
