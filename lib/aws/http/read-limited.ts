/** Reads at most N bytes of an answer's body as text. */

/**
 * Stops at the limit, at the end, or when the connection breaks. Never rejects: the status has already arrived, so a
 * broken body is not a failure.
 *
 * @param limitBytes a longer body is cut, and its connection closed
 */
export async function readLimited(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk.subarray(0, limitBytes - bytes), { stream: true });
      bytes += chunk.length;
      // Leaving the loop closes the connection.
      if (bytes >= limitBytes) break;
    }
  } catch {
    // The text up to the break is the result.
  }
  return text;
}
