/** Compression of bodies, off the main thread. */
import { promisify } from 'node:util';
import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';

export const gzip: (bytes: Uint8Array) => Promise<Buffer> = promisify(gzipCallback);
export const gunzip: (bytes: Uint8Array) => Promise<Buffer> = promisify(gunzipCallback);
