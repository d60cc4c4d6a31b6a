import { describe, expect, it } from 'vitest';
import { findRoute } from '../../lib/emulator/http/routes.ts';

const routes = [
  'GET /webhooks/{token+}',
  'POST /webhooks/{token}',
  'ANY /webhooks/{token}',
  'GET /webhooks/help',
].map((routeKey) => ({ apiId: 'api', routeKey, functionArn: 'arn', timeoutMs: 30_000 }));

describe('finding a route', () => {
  it.each([
    ['POST', '/webhooks/abc', 'POST /webhooks/{token}', { token: 'abc' }],
    ['PUT', '/webhooks/abc', 'ANY /webhooks/{token}', { token: 'abc' }],
    ['GET', '/webhooks/help', 'GET /webhooks/help', {}],
    ['GET', '/webhooks/abc/d/', 'GET /webhooks/{token+}', { token: 'abc/d/' }],
  ])('takes the most specific one for %s %s', (method, path, routeKey, pathParameters) => {
    expect(findRoute(routes, method, path)).toMatchObject({ route: { routeKey }, pathParameters });
  });

  it.each([
    ['POST', '/webhooks/abc/'],
    ['POST', '/webhooks/'],
    ['POST', '/webhooks'],
    ['POST', '/'],
    ['POST', '/Webhooks/abc'],
  ])('finds none for %s %s', (method, path) => {
    expect(findRoute(routes, method, path)).toBeUndefined();
  });
});
