import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isZlib, plainBody } from '../../../lib/relay/model/content-encoding.ts';

const ORDER = Buffer.from('{"Id":"7-501853e1","NiceId":"Magic7-501"}');
const MIB = 1024 * 1024;

const textOf = (body: Uint8Array, contentEncoding?: string) =>
  Buffer.from(plainBody({ body, ...(contentEncoding !== undefined && { contentEncoding }) })).toString();

/** At its default quality, Brotli compresses 10 MB a second. */
const brotliCompressedQuickly = (body: Uint8Array) =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });

describe('the body of a webhook', () => {
  it.each([
    ['gzip', gzipSync(ORDER)],
    ['x-gzip', gzipSync(ORDER)],
    ['deflate', deflateSync(ORDER)],
    ['br', brotliCompressSync(ORDER)],
    ['identity', ORDER],
    [' GZip ', gzipSync(ORDER)],
  ])('is read without its encoding %j', (contentEncoding, body) => {
    expect(textOf(body, contentEncoding)).toBe(ORDER.toString());
  });

  it('is read as it is without an encoding', () => {
    expect(textOf(ORDER)).toBe(ORDER.toString());
  });

  it.each([1, 6, 9])('is read from deflate without the header of zlib, at level %i', (level) => {
    expect(textOf(deflateRawSync(ORDER, { level }), 'deflate')).toBe(ORDER.toString());
  });

  it.each(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', ''])('stays as it is when it is not %j', (encoding) => {
    expect(textOf(ORDER, encoding)).toBe(ORDER.toString());
  });

  it('stays as it is when it is encoded more than once', () => {
    const twice = gzipSync(gzipSync(ORDER));

    expect(plainBody({ body: twice, contentEncoding: 'gzip, gzip' })).toBe(twice);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressedQuickly],
  ])('is read from %s up to 6 MiB', (contentEncoding, compress) => {
    const most = Buffer.alloc(6 * MIB);
    const larger = compress(Buffer.alloc(6 * MIB + 1));

    expect(plainBody({ body: compress(most), contentEncoding })).toHaveLength(most.length);
    expect(plainBody({ body: larger, contentEncoding })).toBe(larger);
  });
});

describe('the header of zlib', () => {
  it.each([
    [0x78, 0x01],
    [0x78, 0x9c],
    [0x78, 0xda],
    [0x58, 0x85],
  ])('is %i, %i', (first, second) => {
    expect(isZlib(Buffer.from([first, second]))).toBe(true);
  });

  it.each([
    ['another method', [0x79, 0x18]],
    ['a wrong check', [0x78, 0x9d]],
    ['nothing', []],
    ['one byte', [0x78]],
  ])('is not %s', (_, start) => {
    expect(isZlib(Buffer.from(start))).toBe(false);
  });
});
