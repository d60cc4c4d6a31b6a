/** What can be had of an answer's body, as text: one that is long, breaks off or drags on is cut short. */

/**
 * The status has been given by then, so no body is a failure. Never rejects.
 *
 * @param limitBytes the rest of a longer one is not waited for, and its connection is closed
 */
export async function beginningOf(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<string> {
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
    // What came before the break is what there is to tell.
  }
  return text;
}
