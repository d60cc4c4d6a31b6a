/** The text of an answer's body, decompressed within a limit. */
import { isAscii } from 'node:buffer';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { isZlib } from '../../relay/model/content-encoding.ts';
import { readLimited } from './read-limited.ts';

/** The body may have been cut: what can be decompressed is shown. */
const CUT = { finishFlush: constants.Z_SYNC_FLUSH };

/**
 * Never rejects. A body that cannot be decompressed gives the text up to the error. A text that needs no decompression is
 * returned at once.
 *
 * @param bytes the beginning of the body
 * @param limitBytes a longer text is cut
 */
export function answerText(
  bytes: Uint8Array,
  encoding: string | undefined,
  limitBytes: number,
): string | Promise<string> {
  const decompress = decompressorFor(encoding?.trim().toLowerCase(), bytes);
  if (decompress === undefined) return textOf(bytes);
  decompress.end(bytes);
  return readLimited(decompress, limitBytes).then(textOf);
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
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return new TextDecoder().decode(bytes, { stream: true });
}
