import { describe, expect, it } from 'vitest';
import { parseRows } from '../../../lib/relay/config.ts';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import { aCertificate } from '../../aws/http/certificates.ts';
import { errorsOf, sent } from './sent-requests.ts';

const certificate = await aCertificate({ name: 'relay.example' });
const other = await aCertificate({ name: 'other.example' });
const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n';

const reasonAgainst = (attributes: object) =>
  parseRows([{ id: 'erp', attributes: { url: 'https://erp.example/', ...attributes } }], endpointSchema)
    .invalid[0]?.reason;

describe('the client certificate of an endpoint', () => {
  const own = { clientCertificate: certificate.cert, clientKey: certificate.key };

  it('goes with its requests, and so does its authority', async () => {
    const relay = await sent({ ...own, caCertificate: other.cert });

    const [request] = relay.sender.to('erp');
    expect(Object.keys(request?.tls ?? {})).toEqual(['certificate', 'key', 'ca']);
    expect(request?.tls?.certificate?.replaceAll(/\s/g, '')).toBe(certificate.cert.replaceAll(/\s/g, ''));
  });

  it('is not there unless it was set', async () => {
    const [request] = (await sent({})).sender.to('erp');

    expect(request).not.toHaveProperty('tls');
  });

  it('may be a secret elsewhere', async () => {
    const references = { clientCertificate: 'ssm:/relay/cert', clientKey: 'ssm:/relay/key' };
    const relay = await sent(references, ({ secrets }) => {
      secrets.values['/relay/cert'] = certificate.cert;
      secrets.values['/relay/key'] = certificate.key;
    });

    expect(relay.sender.to('erp')[0]?.tls?.key?.replaceAll(/\s/g, '')).toBe(
      certificate.key.replaceAll(/\s/g, ''),
    );
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'another’s key',
      { '/relay/cert': certificate.cert, '/relay/key': other.key },
      'the client key is not the key of the client certificate',
    ],
    [
      'no certificate',
      { '/relay/cert': 'hush', '/relay/key': certificate.key },
      'the secret of clientCertificate is not a certificate in PEM: -----BEGIN CERTIFICATE----- …',
    ],
    [
      'an encrypted key',
      { '/relay/cert': certificate.cert, '/relay/key': ENCRYPTED },
      'the secret of clientKey is not a private key in PEM without a password: -----BEGIN PRIVATE KEY----- …',
    ],
    [
      'nothing',
      { '/relay/cert': certificate.cert },
      'secret ssm:/relay/key could not be read: ParameterNotFound',
    ],
  ])('elsewhere that is %s is a failed attempt without a request', async (_, values, error) => {
    const references = { clientCertificate: 'ssm:/relay/cert', clientKey: 'ssm:/relay/key' };
    const relay = await sent(references, ({ secrets }) => Object.assign(secrets.values, values));

    expect(relay.sender.requests).toEqual([]);
    expect(await errorsOf(relay)).toEqual([error]);
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
