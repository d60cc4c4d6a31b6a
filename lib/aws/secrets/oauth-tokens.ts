/** The TokenIssuer port over HTTP, guarded like the requests to endpoints: the addresses come from their rows. */
import {
  allowInsecureRequests,
  type ClientAuth,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
  ResponseBodyError,
} from 'oauth4webapi';
import { type Token, type TokenClient, TokenError, type TokenIssuer } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from '../http/address-guard.ts';
import { type GuardedRequest, guardedPost, PostError } from '../http/guarded-post.ts';

/** No header holds a token as long as that. */
const ANSWER_LIMIT_BYTES = 32 * 1024;
const UNAUTHORIZED = 401;
/** https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = [204, 205, 304];

/** All that RFC 6749, section 5.2, lets a server say; anything else may be whatever it was sent. */
const KNOWN_ERRORS = [
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
];

export class OAuthTokens implements TokenIssuer {
  readonly #guard: AddressGuard;

  constructor(guard: AddressGuard) {
    this.#guard = guard;
  }

  async issue(
    { tokenUrl, clientId, clientSecret, ...wanted }: TokenClient,
    timeoutMs: number,
  ): Promise<Token> {
    const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
    const client = { client_id: clientId };
    let status: number | undefined;
    try {
      const answer = await clientCredentialsGrantRequest(
        server,
        client,
        basicAuth(clientSecret),
        { ...wanted },
        {
          // The guard decides: plain http is for the deployer's own network.
          [allowInsecureRequests]: true,
          [customFetch]: (url, { headers, body }) =>
            this.#post({ url, headers, body: body.toString(), timeoutMs }),
        },
      );
      status = answer.status;
      const { access_token, expires_in } = await processClientCredentialsResponse(server, client, answer);
      if (!/^[\x21-\x7e]+$/.test(access_token))
        throw new TokenError('the token is not what a header can hold');
      return { value: access_token, ...(expires_in !== undefined && { expiresInSeconds: expires_in }) };
    } catch (error) {
      throw error instanceof TokenError ? error : explain(error, status);
    }
  }

  /** As `fetch` does it, but for redirects, which it does not follow, and for what is compressed, which stays so. */
  async #post(request: Omit<GuardedRequest, 'answerLimitBytes'>): Promise<Response> {
    const limited = { ...request, answerLimitBytes: ANSWER_LIMIT_BYTES };
    const { status, text, ...answer } = await guardedPost(this.#guard, limited);
    const headers = new Headers();
    for (const name of ['content-type', 'www-authenticate']) {
      const value = answer.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    return new Response(WITHOUT_BODY.includes(status) ? null : text, { status, headers });
  }
}

/**
 * RFC 6749, section 2.3.1, has both parts form-encoded, which many servers do not undo. The library encodes whatever
 * can be, and so even the hyphens of a UUID; this leaves alone what a form leaves alone, which every server takes.
 */
function basicAuth(clientSecret: string): ClientAuth {
  return (_, { client_id }, __, headers) => {
    const pair = [client_id, clientSecret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice('='.length);
}

/** @param status of the token server's answer; undefined when there was none */
function explain(error: unknown, status: number | undefined): TokenError {
  if (error instanceof PostError) return new TokenError(error.isTimeout ? 'timeout' : error.message);
  if (status === undefined) return new TokenError('request failed');
  if (status === 200) return new TokenError('the token server’s answer holds no token');
  const code = error instanceof ResponseBodyError ? error.error : '';
  const said = KNOWN_ERRORS.includes(code) ? ` ${code}` : '';
  const isRefusal = status === UNAUTHORIZED || code === 'invalid_client';
  return new TokenError(`the token server answered ${status}${said}`, { isRefusal });
}
