/** The client certificate of an endpoint's requests, and the authority that its server's certificate must be from. */
import type { Endpoint } from '../endpoint/endpoint.ts';
import { CERTIFICATE_FORM, isKeyOf, KEY_FORM, readCertificates, readPrivateKey } from '../endpoint/pem.ts';
import { awaitAll } from '../model/await-all.ts';
import type { TlsIdentity } from '../ports/outgoing.ts';
import { CredentialsError, type SecretCache } from '../secrets/secret-cache.ts';

export type TlsAttributes = Pick<Endpoint, 'clientCertificate' | 'clientKey' | 'caCertificate'>;

/**
 * Undefined for an endpoint without these attributes.
 *
 * @throws CredentialsError when one cannot be fetched, or is not what its attribute says
 */
export async function tlsIdentityOf(
  secretCache: SecretCache,
  { clientCertificate, clientKey, caCertificate }: TlsAttributes,
  deadlineMs: number,
): Promise<TlsIdentity | undefined> {
  const given = [clientCertificate, clientKey, caCertificate] as const;
  if (given.every((secret) => secret === undefined)) return undefined;
  const resolve = async (secret: string | undefined) =>
    secret === undefined ? undefined : secretCache.resolve(secret, deadlineMs);
  const [certificate, key, ca] = await awaitAll([resolve(given[0]), resolve(given[1]), resolve(given[2])]);
  // Stryker disable next-line ConditionalExpression: the schema requires both or neither, so each condition implies the other
  if (certificate !== undefined && key !== undefined && !isKeyOf(certificate, key))
    throw new CredentialsError('the client key is not the key of the client certificate');
  return {
    ...(certificate !== undefined && { certificate: certificatesIn('clientCertificate', certificate) }),
    ...(key !== undefined && { key: keyIn(key) }),
    ...(ca !== undefined && { ca: certificatesIn('caCertificate', ca) }),
  };
}

function certificatesIn(attribute: string, text: string): string {
  const certificates = readCertificates(text);
  if (certificates === undefined)
    throw new CredentialsError(`the secret of ${attribute} is not ${CERTIFICATE_FORM}`);
  return certificates;
}

function keyIn(text: string): string {
  const key = readPrivateKey(text);
  if (key === undefined) throw new CredentialsError(`the secret of clientKey is not ${KEY_FORM}`);
  return key;
}
