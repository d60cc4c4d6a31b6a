import { describe, expect, it } from 'vitest';
import { eventBody } from '../../lib/emulator/http/request-event.ts';

const TEXT = Buffer.from('{"Id":"7-501","City":"Zürich"}');

describe('the body of an event', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON ;charset=UTF-8',
    'application/xml',
    'application/javascript',
    'text/plain',
    'text/xml;charset=utf-8',
    'text/x-anything',
  ])('is text for %s', (type) => {
    expect(eventBody(TEXT, type)).toEqual({ body: TEXT.toString(), isBase64Encoded: false });
  });

  it.each([
    undefined,
    '',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/problem+json',
    'application/atom+xml',
    'application/jsonlines',
    'image/svg+xml',
    'textual/plain',
  ])('is base64 for %s', (type) => {
    expect(eventBody(TEXT, type)).toEqual({ body: TEXT.toString('base64'), isBase64Encoded: true });
  });

  it('is base64 for a text type whose bytes are no UTF-8, so that none is altered', () => {
    const latin1 = Buffer.from('Zürich', 'latin1');

    expect(eventBody(latin1, 'text/plain; charset=iso-8859-1')).toEqual({
      body: latin1.toString('base64'),
      isBase64Encoded: true,
    });
  });
});
