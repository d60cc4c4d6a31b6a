/** Describes why a request got no answer, without any part of the request. */
import { AddressRefusedError } from './address-guard.ts';

const CLIENT_OPTIONS = '--client-certificate, --client-key';
const TRUST_IT = 'if you trust it, set it as --ca-certificate';
const UNVERIFIED =
  'TLS certificate cannot be verified: the server must also send the intermediate certificates, or set --ca-certificate for an authority of its own';
const NO_TLS = 'server speaks no TLS on this port: check the port in the URL';
const WANTS_CERTIFICATE = `server wants a client certificate: set ${CLIENT_OPTIONS}`;
const REFUSES_CERTIFICATE =
  'server does not accept the client certificate: its owner must trust the authority of it';

const DESCRIPTIONS = new Map(
  Object.entries({
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection closed before the answer',
    EPIPE: 'connection closed before the answer',
    ENOTFOUND: 'host name not found',
    EAI_AGAIN: 'host name could not be looked up',
    EHOSTUNREACH: 'host unreachable',
    ENETUNREACH: 'network unreachable',
    HPE_HEADER_OVERFLOW: 'answer headers too large',
  }),
);

/** Says how to mend a failure of TLS. The text ends in the error code, so that a person can search for it. */
const TLS_ADVICE = new Map(
  Object.entries({
    ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION:
      'TLS version is older than 1.2: the server must support 1.2 or later',
    ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS version is older than 1.2: the server must support 1.2 or later',
    ERR_TLS_CERT_ALTNAME_INVALID: 'TLS certificate is for another name: check the host name in the URL',
    CERT_HAS_EXPIRED: 'TLS certificate has expired: the server needs a new one',
    CERT_NOT_YET_VALID: 'TLS certificate is not valid yet: check the server’s certificate and clock',
    DEPTH_ZERO_SELF_SIGNED_CERT: `TLS certificate is self-signed: ${TRUST_IT}`,
    SELF_SIGNED_CERT_IN_CHAIN: `TLS certificate is from an authority that is not public: ${TRUST_IT}`,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNVERIFIED,
    CERT_SIGNATURE_FAILURE: UNVERIFIED,
    UNABLE_TO_GET_ISSUER_CERT: UNVERIFIED,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNVERIFIED,
    ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
    ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
    ERR_SSL_HTTP_REQUEST: NO_TLS,
    ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      'server speaks only HTTP/2: it must also speak HTTP/1.1, which the relay uses',
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
    ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: `TLS handshake failed: the server may want a client certificate (${CLIENT_OPTIONS}), or have no cipher in common`,
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: REFUSES_CERTIFICATE,
    ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: REFUSES_CERTIFICATE,
    ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: REFUSES_CERTIFICATE,
    ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: REFUSES_CERTIFICATE,
    ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: REFUSES_CERTIFICATE,
    ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'client certificate has expired: set a new --client-certificate',
  }),
);

/** Uses only the error's code: its message may contain an address, and so a secret. */
export function failureText(error: unknown): string {
  if (error instanceof AddressRefusedError) return `refused: ${error.message}`;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = DESCRIPTIONS.get(code);
  if (known !== undefined) return known;
  // OpenSSL 3.5 calls the alerts of SSL 3 so.
  const advice = TLS_ADVICE.get(code.replace('_SSL/TLS_ALERT_', '_SSLV3_ALERT_'));
  if (advice !== undefined) return `${advice} (${code})`;
  if (code.startsWith('HPE_')) return 'answer is not HTTP';
  return code === '' ? 'request failed' : `request failed: ${code}`;
}
