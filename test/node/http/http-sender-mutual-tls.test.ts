import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HttpSender } from '../../../lib/node/http/http-sender.ts';
import type { SendResult, TlsIdentity } from '../../../lib/relay/ports/outgoing.ts';
import { aCertificate, anAuthority, aTrustedAuthority } from './certificates.ts';
import { aRequest, listening, sender, serving } from './hostile-receiver.ts';

/** A server over TLS, by its URL and the names of the clients that it has answered. */
async function secure(options: TlsOptions) {
  const clients: string[] = [];
  const server = createServer(options, (request, response) => {
    const { socket } = request;
    const subject = 'getPeerCertificate' in socket ? Object(socket).getPeerCertificate().subject : undefined;
    clients.push(subject?.CN ?? 'nobody');
    response.end('ok');
  });
  server.on('tlsClientError', () => {});
  onTestFinished(() => server.closeAllConnections());
  return { url: `https://127.0.0.1:${await listening(server)}/hook`, clients };
}

const post = (url: string, tls: TlsIdentity = {}): Promise<SendResult> => sender.post(aRequest(url, { tls }));
const failure = (pattern: RegExp) => ({ kind: 'failure', error: expect.stringMatching(pattern) });

describe.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a server that wants a client certificate, by %s',
  (version) => {
    const aServer = async () => {
      const serverCertificate = await aCertificate({ signedBy: await aTrustedAuthority() });
      const authority = await anAuthority();
      const demanding = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
      const versions = { minVersion: version, maxVersion: version };
      return { authority, ...(await secure({ ...serverCertificate, ...demanding, ...versions })) };
    };

    it('is sent it', async () => {
      const { authority, url, clients } = await aServer();
      const { cert, key } = await aCertificate({ signedBy: authority, name: 'relay.example' });

      expect(await post(url, { certificate: cert, key })).toMatchObject({ status: 200, text: 'ok' });
      expect(clients).toEqual(['relay.example']);
    });

    it('is not sent anything without one', async () => {
      const { url, clients } = await aServer();

      const result = await post(url);

      // By TLS 1.3, the server refuses after the handshake, and may close the connection before the alert is read.
      const alert = /^TLS handshake failed: .*--client-certificate, --client-key.*HANDSHAKE_FAILURE\)$/;
      expect(result).toEqual(
        failure(version === 'TLSv1.2' ? alert : /^connection closed|client certificate/),
      );
      expect(clients).toEqual([]);
    });

    it('does not accept one of another authority', async () => {
      const { url, clients } = await aServer();
      const { cert, key } = await aCertificate({ signedBy: await anAuthority(), name: 'relay.example' });

      expect(await post(url, { certificate: cert, key })).toEqual(
        failure(/^connection closed before the answer|client certificate/),
      );
      expect(clients).toEqual([]);
    });

    it('does not accept one that has expired', async () => {
      const { authority, url, clients } = await aServer();
      const { cert, key } = await aCertificate({
        signedBy: authority,
        name: 'relay.example',
        endedDaysAgo: 1,
      });

      expect(await post(url, { certificate: cert, key })).toEqual(
        failure(/^connection closed before the answer|client certificate/),
      );
      expect(clients).toEqual([]);
    });
  },
);

describe('an endpoint with an authority of its own', () => {
  it('is sent to when its certificate is from it, and not by those who do not know it', async () => {
    const authority = await anAuthority();
    const { url, clients } = await secure(await aCertificate({ signedBy: authority }));

    expect(await post(url)).toEqual(failure(/^TLS certificate cannot be verified: .*--ca-certificate/));
    expect(clients).toEqual([]);
    expect(await post(url, { ca: authority.cert })).toMatchObject({ status: 200 });
  });

  it('may have its own self-signed certificate as authority', async () => {
    const certificate = await aCertificate();
    const { url } = await secure(certificate);

    expect(await post(url)).toEqual(
      failure(/self-signed: .*--ca-certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/),
    );
    expect(await post(url, { ca: certificate.cert })).toMatchObject({ status: 200 });
  });

  it('is not sent to with a certificate of a public authority', async () => {
    const { url, clients } = await secure(await aCertificate({ signedBy: await aTrustedAuthority() }));
    const { cert } = await anAuthority();

    expect(await post(url, { ca: cert })).toEqual(failure(/^TLS certificate/));
    expect(clients).toEqual([]);
  });

  it('is checked for its name and its end none the less', async () => {
    const authority = await anAuthority();
    const other = await secure(await aCertificate({ signedBy: authority, name: 'other.example' }));
    const expired = await secure(await aCertificate({ signedBy: authority, endedDaysAgo: 1 }));

    expect(await post(other.url, { ca: authority.cert })).toEqual(
      failure(/for another name: check the host/),
    );
    expect(await post(expired.url, { ca: authority.cert })).toEqual(failure(/has expired: the server needs/));
  });

  it('may be no address that the guard refuses', async () => {
    const certificate = await aCertificate();
    const { url, clients } = await secure(certificate);

    expect(await new HttpSender().post(aRequest(url, { tls: { ca: certificate.cert } }))).toEqual({
      kind: 'failure',
      error: 'refused: its address is not public',
    });
    expect(clients).toEqual([]);
  });
});

describe('a server that cannot be spoken to', () => {
  it('for want of the intermediate certificate is sent nothing, and the error says what is missing', async () => {
    const root = await aTrustedAuthority();
    const intermediate = await anAuthority({ signedBy: root });
    const { cert, key } = await aCertificate({ signedBy: intermediate });

    expect(await post((await secure({ cert, key })).url)).toEqual(
      failure(
        /the server must also send the intermediate certificates.*\(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/,
      ),
    );
    const whole = await secure({ cert: `${cert}\n${intermediate.cert}`, key });
    expect(await post(whole.url)).toMatchObject({ status: 200 });
  });

  it('because it speaks only HTTP/2 is said to', async () => {
    const server = createSecureServer(await aCertificate({ signedBy: await aTrustedAuthority() }));
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = z.looseObject({ port: z.int() }).parse(server.address());

    expect(await post(`https://127.0.0.1:${port}/hook`)).toEqual(failure(/^server speaks only HTTP\/2: /));
  });

  it('because it speaks no TLS is said to', async () => {
    const url = (await serving((_, response) => response.end())).replace('http:', 'https:');

    expect(await post(url)).toEqual(failure(/^server speaks no TLS on this port: check the port in the URL/));
  });
});
