/** The text of an answer's body, decompressed within a limit. */
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { isZlib } from '../../relay/model/content-encoding.ts';
import { readLimited } from './read-limited.ts';

/** The body may have been cut: what can be decompressed is shown. */
const CUT = { finishFlush: constants.Z_SYNC_FLUSH };

/**
 * Never rejects. A body that cannot be decompressed gives the text up to the error.
 *
 * @param bytes the beginning of the body
 * @param limitBytes a longer text is cut
 */
export async function answerText(
  bytes: Uint8Array,
  encoding: string | undefined,
  limitBytes: number,
): Promise<string> {
  const decompress = decompressorFor(encoding?.trim().toLowerCase(), bytes);
  if (decompress === undefined) return textOf(bytes);
  decompress.end(bytes);
  return textOf(await readLimited(decompress, limitBytes));
}

function decompressorFor(encoding: string | undefined, bytes: Uint8Array) {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(CUT);
    case 'deflate':
      return isZlib(bytes) ? createInflate(CUT) : createInflateRaw(CUT);
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return undefined;
  }
}

/** A character that the limit splits is left out. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
