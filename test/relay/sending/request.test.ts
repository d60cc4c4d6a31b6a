import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withOrderId } from '../../../lib/relay/sending/request.ts';

describe('withOrderId', () => {
  it.each([
    ['https://a.example/hook?orderid=', 'https://a.example/hook?orderid=42'],
    ['https://a.example/hook?orderid', 'https://a.example/hook?orderid=42'],
    ['https://a.example/hook?OrderID=&key=x%20y', 'https://a.example/hook?OrderID=42&key=x%20y'],
    ['https://a.example/hook?key=&orderid=&b', 'https://a.example/hook?key=&orderid=42&b'],
    ['https://a.example/hook', 'https://a.example/hook?orderid=42'],
    ['https://a.example', 'https://a.example?orderid=42'],
    ['https://a.example/hook?', 'https://a.example/hook?orderid=42'],
    ['https://a.example/hook?key=1', 'https://a.example/hook?key=1&orderid=42'],
    ['https://a.example/hook?key=1&', 'https://a.example/hook?key=1&orderid=42'],
    ['https://a.example/hook?orderid=7', 'https://a.example/hook?orderid=7&orderid=42'],
    ['https://a.example/hook?a=b?c', 'https://a.example/hook?a=b?c&orderid=42'],
    ['https://a.example/hook?a=1#part', 'https://a.example/hook?a=1&orderid=42#part'],
  ])('puts the id into %s', (url, filled) => {
    expect(withOrderId(url, '42')).toBe(filled);
  });

  it('leaves the URL as it is for an event without an order id', () => {
    expect(withOrderId('https://a.example/hook?orderid=', undefined)).toBe('https://a.example/hook?orderid=');
  });

  it('gives back any order id to whoever parses the URL, and every other parameter untouched', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.webQueryParameters(), (orderId, query) => {
        fc.pre(!/orderid/i.test(query));
        const url = withOrderId(`https://a.example/hook?${query}`, orderId);

        expect(new URL(url).searchParams.get('orderid')).toBe(orderId.toWellFormed());
        expect(url).toContain(query.replace(/&$/, ''));
      }),
    );
  });
});
