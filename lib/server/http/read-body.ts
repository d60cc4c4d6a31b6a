/** Reads the body of a request, within limits. */
import type { IncomingMessage } from 'node:http';
import type { BodyMemory } from './body-memory.ts';

export type ReadBody =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'too large' }
  /** Other requests use all of the memory for bodies. */
  | { readonly kind: 'no memory' }
  /** The client disconnected in the middle of its request. */
  | { readonly kind: 'aborted' };

/**
 * Reads to the end in any case, so that the client receives the answer. Of a body that cannot be stored nothing stays in
 * memory.
 *
 * @param release gives the body's memory back. Call it when the body is no longer needed
 */
export function readBody(
  request: IncomingMessage,
  memory: BodyMemory,
  limitBytes: number,
): Promise<ReadBody & { readonly release: () => void }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let takenBytes = 0;
  let fault: 'too large' | 'no memory' | undefined;
  const release = () => {
    memory.give(takenBytes);
    takenBytes = 0;
    chunks.length = 0;
  };
  const refuse = (kind: 'too large' | 'no memory') => {
    fault ??= kind;
    release();
  };
  return new Promise((resolve) => {
    const end = (result: ReadBody) => resolve({ ...result, release });
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limitBytes) refuse('too large');
      else if (fault !== undefined) return;
      else if (!memory.take(chunk.length)) refuse('no memory');
      else {
        takenBytes += chunk.length;
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      end(fault === undefined ? { kind: 'body', body: wholeOf(chunks) } : { kind: fault });
    });
    request.on('close', () => {
      if (request.complete) return;
      release();
      end({ kind: 'aborted' });
    });
    request.on('error', () => {
      release();
      end({ kind: 'aborted' });
    });
  });
}

/** Most webhooks arrive in one chunk, which needs no copy. */
function wholeOf(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
