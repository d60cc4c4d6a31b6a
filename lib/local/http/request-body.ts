/** How an HTTP API hands a request's body to a function: as text, or as base64. */
import { isUtf8 } from 'node:buffer';

/** `text/*` and these four are text, whatever their parameters; all else, also no type at all, is base64. */
const TEXT_TYPES = new Set(['application/json', 'application/xml', 'application/javascript']);

export interface EventBody {
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * A text type whose bytes are not UTF-8 comes as base64 here, so that every byte arrives as it was sent. An HTTP API
 * promises nothing about such a body.
 */
export function eventBody(bytes: Buffer, contentType: string | undefined): EventBody {
  return isTextType(contentType) && isUtf8(bytes)
    ? { body: bytes.toString('utf8'), isBase64Encoded: false }
    : { body: bytes.toString('base64'), isBase64Encoded: true };
}

function isTextType(contentType = ''): boolean {
  const [type = ''] = contentType.split(';');
  const essence = type.trim().toLowerCase();
  return essence.startsWith('text/') || TEXT_TYPES.has(essence);
}
