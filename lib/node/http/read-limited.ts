/** Reads the first bytes of a stream. */
import type { Readable } from 'node:stream';

/**
 * Stops at the limit, at the end, or when the stream breaks. Never rejects: the status of the answer has already
 * arrived, so a broken body is not a failure.
 *
 * @param limitBytes a longer stream is cut, and destroyed: this closes a connection
 */
export function readLimited(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const finish = () => {
      const [first = new Uint8Array()] = chunks;
      resolve(chunks.length > 1 ? Buffer.concat(chunks) : first);
    };
    stream.on('data', (chunk: Uint8Array) => {
      if (bytes >= limitBytes) return;
      chunks.push(chunk.subarray(0, limitBytes - bytes));
      bytes += chunk.length;
      if (bytes < limitBytes) return;
      stream.destroy();
      finish();
    });
    stream.once('end', finish);
    // The bytes up to a break are the result. The listener stays: the connection may break after the end.
    stream.on('error', finish);
    stream.once('close', finish);
  });
}
