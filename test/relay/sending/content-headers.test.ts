import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ingest } from '../../../lib/relay/ingest.ts';
import { plainBody } from '../../../lib/relay/model/content-encoding.ts';
import { contentHeaders } from '../../../lib/relay/sending/content-headers.ts';
import { anyChar } from '../../any-char.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const JSON_ORDER = Buffer.from('{"Id":"1","NiceId":"Magic7-501","Items":[{"Sku":"Mug","Status":"Shipped"}]}');
const TOKEN = 'a-token'.padEnd(43, '-');

/** A relay whose endpoint `erp` was sent one webhook with these content headers. */
async function forwarded(
  content: { contentType?: string; contentEncoding?: string; body: Uint8Array },
  attributes: Record<string, unknown> = {},
) {
  const relay = aRelay();
  relay.endpoint('erp', attributes);
  await ingest(relay.relay, { token: TOKEN, rawQuery: '', ...content });
  await relay.fanOut();
  return relay;
}

describe('the content headers of a webhook', () => {
  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync(JSON_ORDER)],
    ['br', brotliCompressSync(JSON_ORDER)],
    ['deflate', deflateSync(JSON_ORDER)],
    ['deflate', deflateRawSync(JSON_ORDER)],
    ['GZIP', gzipSync(JSON_ORDER)],
  ])('travel with its very bytes, and its order is read from them: %s', async (contentEncoding, body) => {
    const relay = await forwarded({ contentType: 'application/json', contentEncoding, body });

    const [request] = relay.sender.to('erp');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-encoding': contentEncoding,
    });
    expect(request?.url).toBe('https://erp/hook?orderid=1');
    expect(Buffer.from(request?.body ?? []).equals(body)).toBe(true);
    const [event] = await Array.fromAsync(relay.eventLog.eventsNewestFirst(ORDER));
    expect(event).toMatchObject({ niceId: 'Magic7-501', items: [{ sku: 'Mug', status: 'Shipped' }] });
  });

  it('stay behind when a transform replaces the body', async () => {
    const relay = aRelay();
    relay.expressions.means('a transform', ({ order }) => order);
    relay.endpoint('erp', { transform: 'a transform' });
    const content = { contentType: 'application/json', contentEncoding: 'gzip', body: gzipSync(JSON_ORDER) };
    await ingest(relay.relay, { token: TOKEN, rawQuery: '', ...content });
    await relay.fanOut();

    const [request] = relay.sender.to('erp');
    expect(request?.headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(Buffer.from(request?.body ?? []).toString())).toMatchObject({ Id: '1' });
  });

  it('give way to the endpoint’s own content type, also without a transform', async () => {
    const relay = await forwarded(
      { contentType: 'text/plain', body: JSON_ORDER },
      { contentType: 'application/json' },
    );

    const [request] = relay.sender.to('erp');
    expect(request?.headers['content-type']).toBe('application/json');
    expect(Buffer.from(request?.body ?? []).equals(JSON_ORDER)).toBe(true);
  });

  it.each<[string, object]>([
    ['application/json; charset=utf-8', { 'content-type': 'application/json; charset=utf-8' }],
    ['text/plain; name="Zürich"', { 'content-type': 'text/plain; name="Zürich"' }],
    ['text/plain; name="日本"', { 'content-type': 'text/plain' }],
    ['application/json\r\nx-evil: 1', { 'content-type': 'application/octet-stream' }],
    ['application/json; a=\u0000', { 'content-type': 'application/json' }],
    ['日本', { 'content-type': 'application/octet-stream' }],
    ['', {}],
    [' ', {}],
  ])('are repaired when no request can carry them: %j', (contentType, headers) => {
    expect(contentHeaders({ contentType })).toEqual(headers);
  });

  it.each(['gzip\r\nx: y', '日本', '', 'a b'])(
    'leave out an encoding that none can carry: %j',
    (contentEncoding) => {
      expect(contentHeaders({ contentEncoding })).toEqual({});
    },
  );

  it('can be carried, whatever came', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyChar }),
        fc.string({ unit: anyChar }),
        (contentType, contentEncoding) => {
          const headers = contentHeaders({ contentType, contentEncoding });

          expect(() => new Headers(headers)).not.toThrow();
          expect(Object.values(headers)).not.toContain('');
        },
      ),
    );
  });
});

/** Three times as much as is read. */
const BOMB = Buffer.alloc(18 * 1024 * 1024, ' ');
/** At its default quality, Brotli compresses 10 MB a second. */
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

describe('a compressed body', () => {
  it.each<[string, string, Uint8Array]>([
    ['a bomb', 'gzip', gzipSync(BOMB)],
    ['a bomb', 'br', brotliCompressSync(BOMB, QUICKLY)],
    ['a bomb', 'deflate', deflateSync(BOMB)],
    ['cut off', 'gzip', gzipSync(JSON_ORDER).subarray(0, 20)],
    ['compressed in an unknown way', 'compress', gzipSync(JSON_ORDER)],
    ['compressed twice', 'gzip, gzip', gzipSync(gzipSync(JSON_ORDER))],
  ])('that is %s is not read, but passed on as it is (%s)', async (_, contentEncoding, body) => {
    expect(plainBody({ contentEncoding, body })).toBe(body);
    if (body.length > 10_000) return;

    const relay = await forwarded({ contentEncoding, body });

    const [request] = relay.sender.to('erp');
    expect(Buffer.from(request?.body ?? []).equals(body)).toBe(true);
    expect(request?.headers['content-encoding']).toBe(contentEncoding);
  });

  it('that came without its compression, but with the header of it, is read', async () => {
    const relay = await forwarded({ contentEncoding: 'gzip', body: JSON_ORDER });

    expect(relay.sender.to('erp')[0]?.url).toBe('https://erp/hook?orderid=1');
  });

  it('has its changes found', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    for (const status of ['New', 'Shipped']) {
      const body = gzipSync(`{"Id":"1","Items":[{"Sku":"Mug","Status":"${status}"}]}`);
      relay.clock.advance(1);
      await ingest(relay.relay, { token: TOKEN, rawQuery: '', contentEncoding: 'gzip', body });
      await relay.fanOut();
    }

    const [newest] = await Array.fromAsync(relay.eventLog.eventsNewestFirst(ORDER));
    expect(newest?.changes).toEqual([
      { change: 'changed', sku: 'Mug', statusFrom: 'New', statusTo: 'Shipped' },
    ]);
  });
});

describe('a content type', () => {
  const typeOf = (contentType: string) => contentHeaders({ contentType })['content-type'];

  it.each(['application/json', 'text/plain; charset=utf-8; name=Zoë', ' text/plain\t', 'anything at all'])(
    'of characters that a request can carry stays as it came: %j',
    (contentType) => {
      expect(typeOf(contentType)).toBe(contentType);
    },
  );

  it.each([
    ['text/xml; name=🧵', 'text/xml'],
    [' a!#$&^.+-/b!#$&^.+- ;🧵', 'a!#$&^.+-/b!#$&^.+-'],
    ['\ntext/xml\n', 'text/xml'],
    ['text/xml\nx: y', 'application/octet-stream'],
    ['text/xml🧵', 'application/octet-stream'],
    ['🧵/xml', 'application/octet-stream'],
    ['text/🧵;', 'application/octet-stream'],
    ['🧵 text/xml', 'application/octet-stream'],
  ])('that no request can carry loses its parameters, or is any bytes: %j', (contentType, carried) => {
    expect(typeOf(contentType)).toBe(carried);
  });

  it.each(['', ' \t'])('that is blank is left out: %j', (contentType) => {
    expect(contentHeaders({ contentType })).toEqual({});
  });
});

describe('a content encoding', () => {
  const encodingOf = (contentEncoding: string) => contentHeaders({ contentEncoding })['content-encoding'];

  it.each(['gzip', 'x-gzip', 'gzip, br', 'gzip ,br', 'gzip,br,zstd'])('may be %j', (contentEncoding) => {
    expect(encodingOf(contentEncoding)).toBe(contentEncoding);
    expect(encodingOf(` ${contentEncoding}\t`)).toBe(contentEncoding);
  });

  it.each(['', 'gzip;q=1', 'gzip br', 'gzip,', ',gzip', 'gzip, 🧵', '🧵', '🧵gzip', 'gzip\nx: y'])(
    'is left out when it is %j',
    (contentEncoding) => {
      expect(contentHeaders({ contentEncoding })).toEqual({});
    },
  );
});
