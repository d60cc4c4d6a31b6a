import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { aRequest, sender, serving } from './hostile-receiver.ts';

const LIMIT_BYTES = 64 * 1024;
const TEXT = '{"ok":true,"name":"Zoë"}';

async function textOf(body: Uint8Array, encoding: string): Promise<string | undefined> {
  const url = await serving((_, response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(body),
  );
  const result = await sender.post(aRequest(url));
  return result.kind === 'answer' ? result.text : undefined;
}

describe('the text of an answer', () => {
  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['unknown', Buffer.from(TEXT)],
  ])('is decompressed: %s', async (encoding, body) => {
    expect(await textOf(body, encoding)).toBe(TEXT);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('stays within its limit when the answer is a bomb: %s', async (encoding, compress) => {
    const text = await textOf(compress(Buffer.alloc(16 * LIMIT_BYTES, 'x')), encoding);

    expect(text).toBe('x'.repeat(LIMIT_BYTES));
  });

  it('has what can be decompressed of a body that breaks off, and nothing of one that cannot', async () => {
    const whole = gzipSync(`${'a'.repeat(100)}${'b'.repeat(100)}`);

    expect(await textOf(whole.subarray(0, -8), 'gzip')).toMatch(/^a{100}b*$/);
    expect(await textOf(Buffer.from(TEXT), 'gzip')).toBe('');
    expect(await textOf(Buffer.of(), 'br')).toBe('');
  });
});
