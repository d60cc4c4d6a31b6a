/** The headers that describe a body, in a form that every request can carry. */
import type { Payload } from '../model/event.ts';

/** Tabs, visible ASCII and the upper half of ISO 8859-1. */
const CARRIED = /^[\t\x20-\x7e\x80-\xff]*$/;
const MEDIA_TYPE = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(;|$)/;
const ENCODINGS = /^[\w-]+(\s*,\s*[\w-]+)*$/;
const ANY_BYTES = 'application/octet-stream';

/**
 * The content type and encoding as they came. A content type that no request can carry loses its parameters, or becomes
 * `application/octet-stream`; such an encoding is left out. People edit rows, and the Hub may send anything.
 */
export function contentHeaders({
  contentType,
  contentEncoding,
}: Omit<Payload, 'body'>): Record<string, string> {
  const type = contentType?.trim() && carriedType(contentType);
  // Stryker disable next-line StringLiteral: every string that is not an encoding has the same effect
  const encoding = contentEncoding?.trim() ?? '';
  return {
    ...(type && { 'content-type': type }),
    ...(ENCODINGS.test(encoding) && { 'content-encoding': encoding }),
  };
}

function carriedType(contentType: string): string {
  if (CARRIED.test(contentType)) return contentType;
  return MEDIA_TYPE.exec(contentType)?.[1] ?? ANY_BYTES;
}
