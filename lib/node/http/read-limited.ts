/** Reads the first bytes of a stream. */
import type { Readable } from 'node:stream';
import { LimitedBytes } from './limited-bytes.ts';

/**
 * Stops at the limit, at the end, or when the stream breaks. Never rejects: the status of the answer has already
 * arrived, so a broken body is not a failure.
 *
 * @param limitBytes a longer stream is cut and destroyed
 */
export function readLimited(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const read = new LimitedBytes(limitBytes);
    const finish = () => resolve(read.toBytes());
    stream.on('data', (chunk: Uint8Array) => {
      read.add(chunk);
      if (read.isFull) stream.destroy();
    });
    stream.once('end', finish);
    // The bytes up to a break are the result. The listener stays: the stream may break after the end.
    stream.on('error', finish);
    stream.once('close', finish);
  });
}
