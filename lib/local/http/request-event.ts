/**
 * A request as an HTTP API hands it to a function, in payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT_ID } from '../place.ts';
import { eventBody } from './request-body.ts';
import type { MatchedRoute } from './routes.ts';

export interface RequestTarget {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  /** As it came, without the question mark. */
  readonly query: string;
}

/** `undefined` for a path that is no valid encoding. */
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

/** Names in lower case; what came more than once is joined by commas. */
function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  );
}

function queryParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters[name];
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  return parameters;
}

/** `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(moment: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(moment.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
