import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { readWebhookRequest } from '../../../lib/aws/lambda/webhook-http.ts';

function anApiEvent(parts: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /webhooks/{token}',
    rawPath: '/webhooks/secret',
    rawQueryString: 'orderid=1%202&orderid=',
    pathParameters: { token: 'secret' },
    headers: {},
    isBase64Encoded: false,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.example',
      domainPrefix: 'api',
      http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
      requestId: 'request',
      routeKey: 'POST /webhooks/{token}',
      stage: '$default',
      time: '01/Mar/2026:12:00:00 +0000',
      timeEpoch: 1_772_366_400_000,
    },
    ...parts,
  };
}

describe('readWebhookRequest', () => {
  it('takes token, content type and the query as it was encoded', () => {
    const event = anApiEvent({ headers: { 'content-type': 'application/json' }, body: '{"Name":"Zoë"}' });

    expect(readWebhookRequest(event)).toEqual({
      token: 'secret',
      method: 'POST',
      rawQuery: 'orderid=1%202&orderid=',
      contentType: 'application/json',
      body: Buffer.from('{"Name":"Zoë"}'),
    });
  });

  it('takes the content encoding, and the bytes as they are', () => {
    const bytes = gzipSync('{"Id":"1"}');
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

    const request = readWebhookRequest(
      anApiEvent({ headers, body: bytes.toString('base64'), isBase64Encoded: true }),
    );

    expect(request).toMatchObject({ contentEncoding: 'gzip', body: bytes });
  });

  it('decodes a body that came as base64', () => {
    const bytes = Buffer.from([0, 255, 128]);

    const { body } = readWebhookRequest(
      anApiEvent({ body: bytes.toString('base64'), isBase64Encoded: true }),
    );

    expect(body).toEqual(bytes);
  });

  it('takes no body for an empty one, and has no content type where there was none', () => {
    const request = readWebhookRequest(anApiEvent());

    expect(request.body).toHaveLength(0);
    expect(request).not.toHaveProperty('contentType');
  });
});
