/** The HTTP API on this machine: listens on the loopback and invokes the function of each request's route. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DISCOVERY_PATH } from '../../contract/local-relay.ts';
import { LAMBDA } from '../../contract/service-limits.ts';
import { listen, stopListening } from '../../node/http/listen.ts';
import { isLoopbackHost, LOOPBACK } from '../../node/http/loopback.ts';
import type { Outcome } from '../lambda/invocation.ts';
import type { RouteDefinition } from '../template/http-api.ts';
import { type HttpResponse, messageResponse, responseOf } from './function-response.ts';
import { requestEvent, targetOf } from './request-event.ts';
import { findRoute } from './routes.ts';

/** Request line and headers: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const HEADERS_LIMIT_BYTES = 10_240;
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

/** The routes and functions behind the address. */
interface Backend {
  readonly routes: readonly RouteDefinition[];
  /** The functions that the routes lead to, by ARN. */
  readonly targets: ReadonlyMap<string, { invoke(event: string): Promise<Outcome> }>;
  /** Answered at {@link DISCOVERY_PATH}. */
  readonly discovery: object;
}

export interface HttpFront {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Starts to answer requests, including those that waited. */
  open(backend: Backend): void;
  /** Accepts no new requests, and waits for running ones until the limit. */
  stop(limit: AbortSignal): Promise<void>;
}

/**
 * @param port 0 for a free one
 * @param onError receives errors of the relay itself, without any part of a request
 * @throws {PortInUseError}
 */
export async function startHttpFront(port: number, onError: (error: unknown) => void): Promise<HttpFront> {
  const opened = Promise.withResolvers<Backend>();
  const server = createServer({ maxHeaderSize: HEADERS_LIMIT_BYTES }, async (request, response) => {
    // An open keep-alive connection would prevent a stopping server from closing.
    response.on('close', () => server.listening || server.closeIdleConnections());
    try {
      send(response, await answer(request, await opened.promise));
    } catch (error) {
      // The client disconnected in the middle of its request: no error of the relay.
      if (!request.complete) return;
      onError(error);
      send(response, messageResponse(500, 'Internal Server Error'));
    }
  });
  return {
    url: `http://${LOOPBACK}:${await listen(server, port, LOOPBACK)}`,
    open: opened.resolve,
    stop: (limit) => stopListening(server, limit),
  };
}

async function answer(request: IncomingMessage, backend: Backend): Promise<HttpResponse> {
  const target = targetOf(request);
  if (target === undefined) return messageResponse(400, 'Bad Request');
  if (target.method === 'GET' && target.path === DISCOVERY_PATH && isLoopbackHost(request.headers.host)) {
    return jsonResponse(backend.discovery);
  }
  const matched = findRoute(backend.routes, target.method, target.path);
  if (matched === undefined) return messageResponse(404, 'Not Found');
  const body = await readBody(request);
  if (body === undefined) return messageResponse(413, 'Request Entity Too Large');
  const event = JSON.stringify(requestEvent(request, target, matched, body));
  if (Buffer.byteLength(event) > LAMBDA.eventBytes) return messageResponse(413, 'Request Entity Too Large');
  return invoke(backend, matched.route, event);
}

/** Answers 500 when the function fails or returns no valid response, and 503 when it takes too long. */
async function invoke(backend: Backend, route: RouteDefinition, event: string): Promise<HttpResponse> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, route.timeoutMs);
  const outcome = await Promise.race([backend.targets.get(route.functionArn)?.invoke(event), tooLate]);
  clearTimeout(timer);
  if (outcome === undefined) return messageResponse(503, 'Service Unavailable');
  const response = outcome.kind === 'result' ? responseOf(outcome.result) : undefined;
  return response ?? messageResponse(500, 'Internal Server Error');
}

/** Reads to the end in any case, so that the client receives the answer. Undefined when the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= BODY_LIMIT_BYTES ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('content-length', body.length);
  response.writeHead(status).end(body);
}

function jsonResponse(value: object): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}
