import { describe, expect, it } from 'vitest';
import { responseOf } from '../../lib/emulator/http/function-response.ts';

function respond(returned: unknown) {
  const response = responseOf(JSON.stringify(returned));
  return response && { ...response, body: response.body.toString() };
}

describe("a function's response", () => {
  it('is sent as the function says', () => {
    expect(
      respond({
        statusCode: 503,
        headers: { 'Content-Type': 'application/json', 'Retry-After': 30 },
        cookies: ['a=1', 'b=2'],
        body: '{}',
      }),
    ).toEqual({
      status: 503,
      headers: { 'content-type': 'application/json', 'retry-after': '30', 'set-cookie': ['a=1', 'b=2'] },
      body: '{}',
    });
  });

  it('may be bytes, as base64', () => {
    const body = Buffer.from('hello').toString('base64');

    expect(respond({ statusCode: 200, isBase64Encoded: true, body })).toMatchObject({ body: 'hello' });
  });

  it('is a 200 with what was returned when it has no status code', () => {
    expect(respond({ message: 'hello' })).toMatchObject({ status: 200, body: '{"message":"hello"}' });
    expect(respond('hello')).toMatchObject({ status: 200, body: 'hello' });
  });

  it('is none when its form is wrong', () => {
    expect(respond({ statusCode: 'fine' })).toBeUndefined();
    expect(respond({ statusCode: 200, body: { not: 'text' } })).toBeUndefined();
  });
});
