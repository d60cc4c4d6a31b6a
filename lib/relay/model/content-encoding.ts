/** Decompresses a webhook's body to read it. The bytes that endpoints receive do not change. */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { Payload } from './event.ts';

/** As much as API Gateway and Lambda accept uncompressed. */
const LIMIT_BYTES = 6 * 1024 * 1024;
const BOUNDED = { maxOutputLength: LIMIT_BYTES };

/** The body without its `Content-Encoding`; the body itself when it cannot be decompressed or is larger than 6 MiB. */
// Stryker disable next-line StringLiteral: any text that is no encoding will do
export function plainBody({ body, contentEncoding = 'identity' }: Omit<Payload, 'contentType'>): Uint8Array {
  const encodings = contentEncoding.split(',').map((encoding) => encoding.trim().toLowerCase());
  // A second compression makes nothing smaller, except a bomb.
  if (encodings.length > 1) return body;
  try {
    // Stryker disable next-line StringLiteral: a split text has a first part
    return decompressed(body, encodings[0] ?? '');
  } catch {
    return body;
  }
}

function decompressed(body: Uint8Array, encoding: string): Uint8Array {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(body, BOUNDED);
    case 'deflate':
      return isZlib(body) ? inflateSync(body, BOUNDED) : inflateRawSync(body, BOUNDED);
    case 'br':
      return brotliDecompressSync(body, BOUNDED);
    default:
      return body;
  }
}

/** `deflate` means zlib's format (RFC 9110, section 8.4.1.2), but some programs send it without the header of RFC 1950. */
export function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}
