/** The TokenIssuer port over HTTP, guarded like the requests to endpoints: the addresses come from their rows. */
import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
  ResponseBodyError,
} from 'oauth4webapi';
import { type Token, type TokenClient, TokenError, type TokenIssuer } from '../relay/ports.ts';
import type { AddressGuard } from './address-guard.ts';
import { type GuardedRequest, guardedPost, PostError } from './guarded-post.ts';

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
        ClientSecretBasic(clientSecret),
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
