import { once } from 'node:events';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { HttpSender } from '../../../lib/node/http/http-sender.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { OrderIdError, orderUrl } from '../../../lib/relay/sending/order-url.ts';
import { anyChar } from '../../any-char.ts';
import { aRelay, SOURCE } from '../a-relay.ts';

const appended = (url: string, orderId?: string) => orderUrl({ url, orderId: 'append' }, orderId);
/** The ids that a URL must not lose. */
const RESERVED = [
  'A&B',
  'a/b',
  'a?b#c',
  '100%',
  '%2F',
  'a b+c',
  'Zürich 🧵',
  '..',
  '.',
  '{orderid}',
  'a\\b',
  '$&',
];
/** A query as RFC 3986 allows it. `fc.webQueryParameters` gives the same, but makes the map that {@link anyChar} avoids. */
const aQuery = fc.string({
  unit: fc.oneof(
    {
      weight: 10,
      arbitrary: fc.constantFrom(
        ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
        ..."-._~!$&'()*+,;=:@/?",
      ),
    },
    { weight: 1, arbitrary: anyChar.map(encodeURIComponent) },
  ),
});
/** Receivers parse the path before they decode its segments, and so never see these. */
const isDots = (id: string) => /^\.{1,2}$/.test(id);

describe('the order id in a URL', () => {
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
    ['https://a.example/hook?&a=1&&b&', 'https://a.example/hook?&a=1&&b&orderid=42'],
    ['https://a.example/hook?myorderid=', 'https://a.example/hook?myorderid=&orderid=42'],
    ['https://a.example/hook?orderid=7', 'https://a.example/hook?orderid=7&orderid=42'],
    ['https://a.example/hook?a=b?c', 'https://a.example/hook?a=b?c&orderid=42'],
    ['https://a.example/hook?a=1#part', 'https://a.example/hook?a=1&orderid=42#part'],
    ['https://a.example/orders/{orderid}/status', 'https://a.example/orders/42/status'],
    ['https://a.example/o-{OrderId}.json?id={orderid}', 'https://a.example/o-42.json?id=42'],
    ['https://a.example/hook?id={orderid}&orderid=', 'https://a.example/hook?id=42&orderid='],
  ])('goes into %s', (url, filled) => {
    expect(appended(url, '42')).toBe(filled);
  });

  it('is left out of the URL of an endpoint that wants none', () => {
    const url = 'https://a.example/hook?orderid=';

    expect(orderUrl({ url, orderId: 'none' }, '42')).toBe(url);
  });

  it('leaves nothing in its place for an event without one', () => {
    expect(appended('https://a.example/hook')).toBe('https://a.example/hook');
    expect(appended('https://a.example/hook?orderid=')).toBe('https://a.example/hook?orderid=');
    expect(appended('https://a.example/{orderid}/x?id={orderid}')).toBe('https://a.example//x?id=');
  });

  it.each(RESERVED)('reaches a receiver unchanged, in the query and the path: %s', async (orderId) => {
    const got: string[] = [];
    const server = createServer((request, response) => {
      got.push(request.url ?? '');
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = z.looseObject({ port: z.int() }).parse(server.address());
    const base = `http://127.0.0.1:${port}`;
    const urls = [
      `${base}/hook?orderid=`,
      `${base}/hook?id={orderid}&x=1`,
      ...(isDots(orderId) ? [] : [`${base}/o/{orderid}/s`]),
    ].map((url) => appended(url, orderId));
    const sender = new HttpSender(new AddressGuard(['127.0.0.0/8']));
    for (const url of urls) await sender.post({ url, headers: {}, body: Buffer.of(), timeoutMs: 10_000 });

    const [first = '', second = '', third] = got.map((path) => new URL(path, base));
    expect(new URL(first).searchParams.get('orderid')).toBe(orderId);
    expect(Object.fromEntries(new URL(second).searchParams)).toEqual({ id: orderId, x: '1' });
    const segments = third?.pathname.split('/').map(decodeURIComponent);
    expect(segments).toEqual(isDots(orderId) ? undefined : ['', 'o', orderId, 's']);
  });

  it('comes back from whoever parses the URL, and every other parameter is untouched', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyChar, minLength: 1 }), aQuery, (orderId, query) => {
        fc.pre(!/orderid/i.test(query));
        const url = appended(`https://a.example/hook?${query}`, orderId);

        expect(new URL(url).searchParams.get('orderid')).toBe(orderId.toWellFormed());
        expect(url).toContain(query.replace(/&$/, ''));
      }),
    );
  });

  it('comes back from the path and the query that it was put into, and changes nothing else', () => {
    const anId = fc.oneof(fc.string({ unit: anyChar, minLength: 1 }), fc.constantFrom(...RESERVED));
    fc.assert(
      fc.property(anId, (orderId) => {
        fc.pre(!isDots(orderId));
        const { origin, pathname, searchParams, hash } = new URL(
          appended('https://a.example/o/{orderid}/s?a=1&id={orderid}#end', orderId),
        );

        const id = orderId.toWellFormed();
        expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'o', id, 's']);
        expect([...searchParams]).toEqual([
          ['a', '1'],
          ['id', id],
        ]);
        expect([origin, hash]).toEqual(['https://a.example', '#end']);
      }),
    );
  });

  it.each(['.', '..'])('is never %s as a segment of the path: the request would go elsewhere', (orderId) => {
    const filled = () => appended('https://a.example/orders/{orderid}', orderId);

    expect(filled).toThrow(OrderIdError);
    expect(filled).toThrow(expect.objectContaining({ name: 'OrderIdError' }));
    expect(appended('https://a.example/o-{orderid}', orderId)).toBe(`https://a.example/o-${orderId}`);
  });

  it.each(['...', '.a', 'a.', '..a'])('may be %s as a segment of the path', (orderId) => {
    expect(appended('https://a.example/{orderid}/x', orderId)).toBe(`https://a.example/${orderId}/x`);
  });

  it('that cannot be in the path is a failed attempt without a request, and not the endpoint’s fault', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', url: 'https://erp/orders/{orderid}' });
    await relay.webhook({}, 'orderid=..');
    await relay.fanOut();

    const [row] = await relay.rows(orderKeyOf(SOURCE, '..'));
    expect(relay.sender.requests).toEqual([]);
    expect(row?.attempts).toMatchObject([
      { unsent: true, error: 'the order id is . or .., which cannot be a part of the URL’s path' },
    ]);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
  });
});
