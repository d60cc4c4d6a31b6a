/** Certificates and private keys in PEM, as the attributes `clientCertificate`, `clientKey` and `caCertificate` have them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as z from '../model/zod.ts';
import { isReference, secretSchema } from './secret.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;
const LINE_LENGTH = 64;

export const CERTIFICATE_FORM = 'a certificate in PEM: -----BEGIN CERTIFICATE----- …';
export const KEY_FORM = 'a private key in PEM without a password: -----BEGIN PRIVATE KEY----- …';

/** One or more certificates, or a reference to them. */
export const certificateSchema = secretSchema.check(
  z.refine(
    (text) => isReference(text) || readCertificates(text) !== undefined,
    `must be ${CERTIFICATE_FORM}`,
  ),
);

/** A private key, or a reference to it. */
export const privateKeySchema = secretSchema.check(
  z.refine((text) => isReference(text) || readPrivateKey(text) !== undefined, `must be ${KEY_FORM}`),
);

/** The certificates as Node reads them; undefined when there is none, or one is malformed. Ignores private keys. */
export function readCertificates(text: string): string | undefined {
  const blocks = blocksOf(text).filter(({ label }) => label === 'CERTIFICATE');
  const isReadable = blocks.every(({ pem }) => attempt(() => new X509Certificate(pem)));
  return blocks.length > 0 && isReadable ? blocks.map(({ pem }) => pem).join('\n') : undefined;
}

/** Undefined when there is none, it is malformed, or it is encrypted. */
export function readPrivateKey(text: string): string | undefined {
  const block = blocksOf(text).find(({ label }) => label.endsWith('PRIVATE KEY'));
  return block && attempt(() => createPrivateKey(block.pem)) ? block.pem : undefined;
}

/** True unless both are values and the key is another certificate's. Both must be readable. */
export function isKeyOf(certificate: string, key: string): boolean {
  const [certificates, privateKey] = [readCertificates(certificate), readPrivateKey(key)];
  if (certificates === undefined || privateKey === undefined) return true;
  return new X509Certificate(certificates).checkPrivateKey(createPrivateKey(privateKey));
}

/** The first certificate's subject, on one line, and its end. Undefined when it is malformed. */
export function describeCertificate(text: string): { subject: string; validUntil: Date } | undefined {
  const certificates = readCertificates(text);
  if (certificates === undefined) return undefined;
  const certificate = new X509Certificate(certificates);
  // Node’s types do not say that it is undefined for a certificate whose names are all alternative names.
  const subject: string | undefined = certificate.subject;
  return { subject: subject?.replaceAll('\n', ', ') ?? 'no name', validUntil: certificate.validToDate };
}

/** Restores the line ends: a console's one-line field and JSON lose them. */
function blocksOf(text: string): { label: string; pem: string }[] {
  // Stryker disable next-line StringLiteral: every block has a label and a content
  return [...text.replaceAll(/\\(n|u000a)/g, '').matchAll(BLOCK)].map(([, label = '', content = '']) => {
    // Stryker disable next-line ArrayDeclaration: a block without content cannot be read, whatever its lines
    const lines = content.replaceAll(/\s/g, '').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
    return { label, pem: [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n') };
  });
}

function attempt(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    // Malformed, or encrypted.
  }
  return false;
}
