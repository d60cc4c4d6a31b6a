/** Describes why a request got no answer, without any part of the request. */
import { AddressRefusedError } from './address-guard.ts';

const DESCRIPTIONS = new Map(
  Object.entries({
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection closed before the answer',
    UND_ERR_SOCKET: 'connection closed before the answer',
    EPIPE: 'connection closed before the answer',
    ENOTFOUND: 'host name not found',
    EAI_AGAIN: 'host name could not be looked up',
    EHOSTUNREACH: 'host unreachable',
    ENETUNREACH: 'network unreachable',
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer is not HTTP',
    // Statuses below 100.
    ERR_ASSERTION: 'answer is not HTTP',
    UND_ERR_HEADERS_OVERFLOW: 'answer headers too large',
    HPE_HEADER_OVERFLOW: 'answer headers too large',
    ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS version is older than 1.2',
    ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS version is older than 1.2',
    ERR_TLS_CERT_ALTNAME_INVALID: 'TLS certificate is for another name',
    CERT_HAS_EXPIRED: 'TLS certificate has expired',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS certificate is self-signed',
    SELF_SIGNED_CERT_IN_CHAIN: 'TLS certificate is self-signed',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS certificate cannot be verified',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS certificate cannot be verified',
  }),
);

/** Uses only the error's code: its message may contain an address, and so a secret. */
export function failureText(error: unknown): string {
  if (error instanceof AddressRefusedError) return `refused: ${error.message}`;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = DESCRIPTIONS.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError'))
    return 'answer is not HTTP';
  return code === '' ? 'request failed' : `request failed: ${code}`;
}
