import { createPrivateKey, X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { describe, expect, it } from 'vitest';
import { parseRows } from '../../../lib/relay/config-rows.ts';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import {
  describeCertificate,
  isKeyOf,
  readCertificates,
  readPrivateKey,
} from '../../../lib/relay/endpoint/pem.ts';
import { aCertificate } from '../../node/http/certificates.ts';

const certificate = await aCertificate({ name: 'relay.example' });
const other = await aCertificate({ name: 'other.example' });
const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n';
const MALFORMED = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

const reasonAgainst = (attributes: object) =>
  parseRows([{ id: 'erp', attributes: { url: 'https://erp.example/', ...attributes } }], endpointSchema)
    .invalid[0]?.reason;

/** Its subject is empty, as it is when all names are alternative names. */
const NAMELESS = `-----BEGIN CERTIFICATE-----
MIIBVjCB/aADAgECAhR8Bf8Bgqz1F+n+Czl3VPqVOf6YsTAKBggqhkjOPQQDAjAA
MCAXDTI2MTEzMDIyMjU1MVoYDzIxMjYxMTA2MjIyNTUxWjAAMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEBRmWvCUDTAL/Rq5K5IVUuR3g4IeCdPD3ZqbmlTuD8WqP
uLq1PelXwRnkIuCsd30qahxr4kHDDBqDs+F0DUKqbKNTMFEwHQYDVR0OBBYEFFnb
kQjiBBiwL38kvtv1w5u4DQbWMB8GA1UdIwQYMBaAFFnbkQjiBBiwL38kvtv1w5u4
DQbWMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAN6BzMEgi75H
lKDFUppMI7CYV5EYkvfmA1m8x0BFTXF1AiA0m3YtKv77IRXFGQBh50nIDlZwsphP
Kro+OOdJM2kfgg==
-----END CERTIFICATE-----`;

describe('certificates in a text', () => {
  it.each<[string, (pem: string) => string]>([
    ['as they are', (pem) => pem],
    ['on one line', (pem) => pem.replaceAll('\n', ' ')],
    ['with the line ends of JSON', (pem) => pem.replaceAll('\n', '\\n')],
    ['with line ends as code points', (pem) => pem.replaceAll('\n', '\\u000a')],
    ['beside their key', (pem) => `${certificate.key}\n${pem}`],
  ])('are read with their line ends: %s', (_, typed) => {
    expect(readCertificates(typed(certificate.cert))).toBe(`${certificate.cert.trim()}\n`);
  });

  it('are all read, in their order', () => {
    const chain = `${certificate.cert.trim()}\n\n${other.cert.trim()}\n`;

    expect(readCertificates(certificate.cert + other.cert)).toBe(chain);
    expect(describeCertificate(chain)?.subject).toBe('CN=relay.example');
  });

  it.each([
    ['there is none', 'hush'],
    ['there is only a key', certificate.key],
    ['one of them is malformed', certificate.cert + MALFORMED],
  ])('are not read when %s', (_, text) => {
    expect(readCertificates(text)).toBeUndefined();
    expect(describeCertificate(text)).toBeUndefined();
  });

  it('are described by the first one’s subject and end', () => {
    const { validToDate } = new X509Certificate(certificate.cert);

    expect(describeCertificate(certificate.cert)).toEqual({
      subject: 'CN=relay.example',
      validUntil: validToDate,
    });
  });

  it('are described without a subject that the first one does not have', () => {
    const { validToDate } = new X509Certificate(NAMELESS);

    expect(describeCertificate(NAMELESS)).toEqual({ subject: 'no name', validUntil: validToDate });
  });
});

describe('a certificate', () => {
  it('is described by its whole subject, on one line', async () => {
    const subject = [
      { name: 'commonName', value: 'relay.example' },
      { name: 'organizationName', value: 'Shop' },
    ];
    const { cert } = await generate(subject, { keyType: 'ec', algorithm: 'sha256' });

    expect(describeCertificate(cert)?.subject).toBe('CN=relay.example, O=Shop');
  });
});

describe('a private key in a text', () => {
  it('may be of one algorithm alone', () => {
    const sec1 = createPrivateKey(certificate.key).export({ type: 'sec1', format: 'pem' }).toString();

    expect(sec1).toContain('BEGIN EC PRIVATE KEY');
    expect(readPrivateKey(sec1)).toBe(sec1);
  });

  it('is read with its line ends, also beside a certificate', () => {
    const text = (certificate.cert + certificate.key).replaceAll('\n', ' ');

    expect(readPrivateKey(text)).toBe(`${certificate.key.trim()}\n`);
  });

  it.each([
    ['there is none', certificate.cert],
    ['it is encrypted', ENCRYPTED],
    ['it is malformed', ENCRYPTED.replaceAll('ENCRYPTED ', '')],
  ])('is not read when %s', (_, text) => {
    expect(readPrivateKey(text)).toBeUndefined();
  });

  it('is one certificate’s alone, and is not judged beside a reference', () => {
    expect(isKeyOf(certificate.cert, certificate.key)).toBe(true);
    expect(isKeyOf(other.cert, certificate.key)).toBe(false);
    expect(isKeyOf('ssm:/relay/cert', certificate.key)).toBe(true);
    expect(isKeyOf(other.cert, 'ssm:/relay/key')).toBe(true);
  });
});

describe('the client certificate of an endpoint', () => {
  const own = { clientCertificate: certificate.cert, clientKey: certificate.key };

  it('may be a reference, and so may its key and the authority', () => {
    const reference = 'ssm:/relay/pem';

    expect(
      reasonAgainst({ clientCertificate: reference, clientKey: reference, caCertificate: reference }),
    ).toBe(undefined);
  });

  it.each<[string, (pem: string) => string]>([
    ['on one line, as a console leaves it', (pem) => pem.replaceAll('\n', ' ')],
    ['with the line ends of JSON', (pem) => pem.replaceAll('\n', '\\n')],
    ['with the line ends of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
    ['with text around it', (pem) => `Bag Attributes\n${pem}\n`],
    ['with its chain', (pem) => pem + pem],
  ])('may be typed %s', (_, typed) => {
    const row = { clientCertificate: typed(certificate.cert), clientKey: typed(certificate.key) };

    expect(reasonAgainst(row)).toBeUndefined();
  });

  it.each<[string, object, string]>([
    [
      'without its key',
      { clientCertificate: certificate.cert },
      'clientCertificate: goes together with clientKey',
    ],
    ['as a key alone', { clientKey: certificate.key }, 'clientCertificate: goes together with clientKey'],
    [
      'with another’s key',
      { ...own, clientKey: other.key },
      'clientKey: is not the key of clientCertificate',
    ],
    ['as text', { ...own, clientCertificate: 'hush' }, 'clientCertificate: must be a certificate in PEM'],
    [
      'as its key',
      { ...own, clientCertificate: own.clientKey },
      'clientCertificate: must be a certificate in PEM',
    ],
    [
      'with an encrypted key',
      { ...own, clientKey: ENCRYPTED },
      'clientKey: must be a private key in PEM without',
    ],
    ['with a bad authority', { caCertificate: 'ssm:hush' }, 'caCertificate: must be a value, or ssm:/'],
  ])('is refused %s, and the reason repeats no value', (_, attributes, message) => {
    const reason = reasonAgainst(attributes);

    expect(reason).toContain(message);
    expect(reason).not.toMatch(/hush|AAAA|MI[A-Z]/);
  });
});
