/** Certificates of the tests, made when they run: an authority that this process trusts, and what it has signed. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 24 * 60 * 60_000;
const KIND = { keyType: 'ec', algorithm: 'sha256' } as const;

/** An authority that nobody knows, unless another one has signed it. */
export async function anAuthority({ signedBy }: { signedBy?: Certificate } = {}): Promise<Certificate> {
  const name = signedBy === undefined ? 'Authority of the tests' : 'Intermediate authority of the tests';
  const authority = await generate([{ name: 'commonName', value: name }], {
    ...KIND,
    ...(signedBy && { ca: signedBy }),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return { key: authority.private, cert: authority.cert };
}

/** Until the test is over, whatever it has signed is as good as if the world's authorities had. */
export async function aTrustedAuthority(): Promise<Certificate> {
  const authority = await anAuthority();
  const others = getCACertificates('default');
  setDefaultCACertificates([...others, authority.cert]);
  onTestFinished(() => setDefaultCACertificates(others));
  return authority;
}

/** A server's certificate, for 127.0.0.1 unless it is for another name; signed by itself without an authority. */
export async function aCertificate({
  signedBy,
  name,
  endedDaysAgo,
}: {
  signedBy?: Certificate;
  name?: string;
  endedDaysAgo?: number;
} = {}): Promise<Certificate> {
  const ended = endedDaysAgo === undefined ? undefined : new Date(Date.now() - endedDaysAgo * DAY_MS);
  const made = await generate([{ name: 'commonName', value: name ?? '127.0.0.1' }], {
    ...KIND,
    ...(signedBy && { ca: signedBy }),
    ...(ended && { notBeforeDate: new Date(ended.getTime() - 30 * DAY_MS), notAfterDate: ended }),
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [name === undefined ? { type: 7, ip: '127.0.0.1' } : { type: 2, value: name }],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}
