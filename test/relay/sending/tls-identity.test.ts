import { describe, expect, it } from 'vitest';
import { aCertificate } from '../../node/http/certificates.ts';
import { errorsOf, sent } from './sent-requests.ts';

const certificate = await aCertificate({ name: 'relay.example' });
const other = await aCertificate({ name: 'other.example' });
const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n';

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
});
