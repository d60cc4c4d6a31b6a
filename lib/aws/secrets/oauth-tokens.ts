/** The TokenIssuer port over HTTP. Token URLs come from rows, so requests go through the address guard. */
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

/** Longer than any token that fits a header. */
const ANSWER_LIMIT_BYTES = 32 * 1024;
const UNAUTHORIZED = 401;
/** https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = [204, 205, 304];

/** The error codes of RFC 6749, section 5.2. Any other code may repeat the request's data and is not logged. */
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
          // The address guard decides: it allows plain http only in the deployer's own network.
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

  /** Like `fetch`, but follows no redirects and does not decompress. */
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
 * RFC 6749, section 2.3.1, requires form encoding of both parts, which many servers do not decode. The library encodes
 * even the hyphens of a UUID. This function encodes only what a form must encode, so most ids work with every server.
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
