import { describe, expect, it } from 'vitest';
import { failureText } from '../../../lib/node/http/failure-text.ts';

const withCode = (code: string) => Object.assign(new Error('hush: 10.0.0.1'), { code });

describe('the text of a failure', () => {
  it.each([
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      /^server wants a client certificate: set --client-certificate/,
    ],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /^server does not accept the client certificate: /],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', /^server does not accept the client certificate: /],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', /^client certificate has expired: set a new/],
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', /^TLS handshake failed: .*--client-certificate/],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      /^TLS certificate is from an authority that is not public: .*--ca-certificate/,
    ],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /^TLS certificate cannot be verified: .*intermediate/],
    ['CERT_NOT_YET_VALID', /^TLS certificate is not valid yet: check/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /^server speaks no TLS on this port: check the port/],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', /^server speaks only HTTP\/2: /],
  ])('for %s says what to do, and ends with the code', (code, text) => {
    expect(failureText(withCode(code))).toMatch(text);
    expect(failureText(withCode(code)).endsWith(` (${code})`)).toBe(true);
  });

  it('is the code alone when it is unknown, and never the message', () => {
    expect(failureText(withCode('ERR_ODD'))).toBe('request failed: ERR_ODD');
    expect(failureText(new Error('hush'))).toBe('request failed');
    expect(failureText('hush')).toBe('request failed');
  });
});
