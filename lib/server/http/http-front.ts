/** The HTTP server of the relay: webhooks, the health page, the discovery document, and the console. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DISCOVERY_PATH } from '../../contract/local-relay.ts';
import { listen, stopListening } from '../../node/http/listen.ts';
import { jsonAnswer, type WebhookAnswer } from '../../relay/webhook-answer.ts';
import type { HealthReport } from '../health.ts';
import { isFromThisMachine } from './from-this-machine.ts';
import type { WebhookHandler } from './webhook-handler.ts';

const WEBHOOKS = '/webhooks/';
const HEALTH_PATH = '/health';

/** Request line and headers: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const HEADERS_LIMIT_BYTES = 10_240;
/** A client that sends more slowly is disconnected. It must not hold a connection for ever. */
const HEADERS_TIMEOUT_MS = 15_000;
/** API Gateway waits as long for the whole of a request and its answer. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the proxies' own limit, which is 60 s in nginx: otherwise a proxy may use a connection that just closes. */
const KEEP_ALIVE_MS = 75_000;
const TIMEOUTS_CHECK_MS = 5_000;
const MOST_CONNECTIONS = 2_000;

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface HttpFrontOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly webhooks: WebhookHandler;
  readonly health: () => Promise<HealthReport>;
  /** Tells programs on this machine where the relay's data is. */
  readonly discovery: (port: number) => Readonly<Record<string, unknown>>;
  /** Makes the handler of all other paths. Without it, they are answered 404. */
  readonly console?: ((port: number) => RequestHandler) | undefined;
  /** Receives errors of the relay itself, without any part of a request. */
  readonly onError: (error: unknown) => void;
}

export interface HttpFront {
  readonly port: number;
  /** Accepts no new requests, and waits for running ones until the limit. */
  stop(limit: AbortSignal): Promise<void>;
}

/** @throws {PortInUseError} */
export async function startHttpFront(options: HttpFrontOptions): Promise<HttpFront> {
  const server = createServer({
    maxHeaderSize: HEADERS_LIMIT_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: TIMEOUTS_CHECK_MS,
  });
  server.maxConnections = MOST_CONNECTIONS;
  const front: { port: number; console?: RequestHandler | undefined } = { port: 0 };
  server.on('request', async (request, response) => {
    // An open keep-alive connection would prevent a stopping server from closing.
    response.on('close', () => server.listening || server.closeIdleConnections());
    try {
      const answer = await route(request, response, options, front);
      if (answer !== undefined) send(response, answer);
    } catch (error) {
      options.onError(error);
      if (!response.headersSent) send(response, jsonAnswer(500, { message: 'Internal Server Error' }));
    }
  });
  const port = await listen(server, options.port, options.host);
  front.port = port;
  front.console = options.console?.(port);
  return { port, stop: (limit) => stopListening(server, limit) };
}

/** Undefined when another handler answers, or nobody waits for an answer. */
async function route(
  request: IncomingMessage,
  response: ServerResponse,
  { webhooks, health, discovery }: HttpFrontOptions,
  { port, console }: { readonly port: number; readonly console?: RequestHandler | undefined },
): Promise<WebhookAnswer | undefined> {
  const target = targetOf(request);
  if (target === undefined) return jsonAnswer(400, { message: 'Bad Request' });
  const { path, query } = target;
  if (path.startsWith(WEBHOOKS) && path !== WEBHOOKS)
    return webhooks(request, { token: path.slice(WEBHOOKS.length), query });
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (path === HEALTH_PATH) return healthAnswer(await health());
    if (path === DISCOVERY_PATH && isFromThisMachine(request)) return jsonAnswer(200, discovery(port));
  }
  if (console === undefined || path === HEALTH_PATH || path === DISCOVERY_PATH || path === WEBHOOKS)
    return jsonAnswer(404, { message: 'Not Found' });
  await console(request, response);
  return undefined;
}

/** The path is decoded, the query is not. Undefined for a path that cannot be decoded. */
function targetOf({ url = '/' }: IncomingMessage): { path: string; query: string } | undefined {
  const mark = url.indexOf('?');
  const [path, query] = mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
  try {
    return { path: decodeURIComponent(path), query };
  } catch {
    return undefined;
  }
}

function healthAnswer(report: HealthReport): WebhookAnswer {
  return jsonAnswer(report.status === 'ok' ? 200 : 503, { ...report }, { 'cache-control': 'no-store' });
}

function send(response: ServerResponse, { status, headers, body }: WebhookAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
