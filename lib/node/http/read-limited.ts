/** Reads the first bytes of a stream. */

/**
 * Stops at the limit, at the end, or when the stream breaks. Never rejects: the status of the answer has already
 * arrived, so a broken body is not a failure.
 *
 * @param limitBytes a longer stream is cut, and ended
 */
export async function readLimited(
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk.subarray(0, limitBytes - bytes));
      bytes += chunk.length;
      // Leaving the loop ends the stream: it closes a connection.
      if (bytes >= limitBytes) break;
    }
  } catch {
    // The bytes up to the break are the result.
  }
  return Buffer.concat(chunks);
}
