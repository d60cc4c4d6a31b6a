import { describe, expect, it } from 'vitest';
import { parseRows } from '../../../lib/relay/config-rows.ts';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import {
  endpointUrlSchema,
  fillPlaceholder,
  hasPlaceholder,
  urlSchema,
} from '../../../lib/relay/endpoint/url.ts';

describe('a URL', () => {
  it.each(['https://a.example', 'http://a.example:8080/x?y=1#z', 'https://127.0.0.1/'])(
    'may be %s',
    (url) => {
      expect(urlSchema.safeParse(url).success).toBe(true);
    },
  );

  it.each([
    ['https://me@a.example/', 'must not carry a user name or password: put them into auth'],
    ['https://:hush@a.example/', 'must not carry a user name or password: put them into auth'],
    ['httpss://a.example/', 'must be an absolute http or https URL'],
    ['xhttps://a.example/', 'must be an absolute http or https URL'],
    ['a.example', 'must be an absolute http or https URL'],
  ])('cannot be %s', (url, message) => {
    expect(urlSchema.safeParse(url).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});

describe('the placeholder of a URL', () => {
  it.each([
    ['https://a.example/{orderid}', true],
    ['https://a.example/?id={OrderId}', true],
    ['https://a.example/orderid', false],
    ['https://a.example/{order}', false],
  ])('is found in %s: %s', (url, isFound) => {
    expect(hasPlaceholder(url)).toBe(isFound);
  });

  it('is replaced wherever it stands, by a value that may look like a pattern of `replace`', () => {
    expect(fillPlaceholder('https://a.example/{orderid}?id={ORDERID}', '$&')).toBe(
      'https://a.example/$&?id=$&',
    );
  });

  it('gives a bad URL one reason alone', () => {
    const issues = (url: unknown) => endpointUrlSchema.safeParse(url).error?.issues.length;

    expect([issues('{x}.{orderid}'), issues('{x}'), issues('//{orderid}/{x}'), issues(7)]).toEqual([
      1, 1, 1, 1,
    ]);
  });
});

describe('a URL with {orderid}', () => {
  const reasonAgainst = (attributes: object) =>
    parseRows([{ id: 'erp', attributes: { ...attributes } }], endpointSchema).invalid[0]?.reason;

  it.each([
    'https://a.example/{orderid}',
    'https://a.example/x//{orderid}',
    'https://a.example/x?y={orderId}',
    'https://a.example?{ORDERID}=1',
  ])('may be %s', (url) => {
    expect(reasonAgainst({ url })).toBeUndefined();
  });

  it.each([
    'https://{orderid}.example/',
    'https://{orderid}/',
    'https://a.example:{orderid}/',
    'https://{orderid}@a.example/',
    'https://me:{orderid}@a.example/',
    'https://a.example/#{orderid}',
  ])('is refused with it elsewhere: %s', (url) => {
    expect(reasonAgainst({ url })).toBe(
      'url: must have {orderid} in its path or query, not in the host, port, user name or fragment',
    );
  });

  it.each(['https://a.example/{order_id}', 'https://a.example/{orderid', 'https://a.example/?a={"b":1}'])(
    'is refused with other braces, which may be a typing error: %s',
    (url) => {
      expect(reasonAgainst({ url })).toBe(
        'url: must have no braces but those of {orderid}; write others as %7B and %7D',
      );
    },
  );

  it('is refused beside an orderId of none', () => {
    expect(reasonAgainst({ url: 'https://a.example/{orderid}', orderId: 'none' })).toBe(
      'orderId: must not be none beside a URL with {orderid}',
    );
  });

  it.each([7, undefined, 'ftp://a.example/{orderid}', '/{orderid}'])('is a URL: not %s', (url) => {
    expect(reasonAgainst({ url })).toBe('url: must be an absolute http or https URL');
  });
});
