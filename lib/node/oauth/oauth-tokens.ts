/**
 * The TokenIssuer port over HTTP: OAuth 2.0 client credentials (RFC 6749, section 4.4). Token URLs come from rows, so
 * requests go through the address guard.
 */
import { type Token, type TokenClient, TokenError, type TokenIssuer } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from '../http/address-guard.ts';
import { guardedPost, PostError } from '../http/guarded-post.ts';
import { formEncoded } from './form-encoded.ts';
import { readTokenAnswer } from './token-answer.ts';

/** Longer than any token that fits a header. */
const ANSWER_LIMIT_BYTES = 32 * 1024;

export class OAuthTokens implements TokenIssuer {
  readonly #guard: AddressGuard;

  constructor(guard: AddressGuard) {
    this.#guard = guard;
  }

  async issue(client: TokenClient, timeoutMs: number): Promise<Token> {
    const request = { ...tokenRequest(client), timeoutMs, answerLimitBytes: ANSWER_LIMIT_BYTES };
    let answer: Awaited<ReturnType<typeof guardedPost>>;
    try {
      answer = await guardedPost(this.#guard, request);
    } catch (error) {
      if (!(error instanceof PostError)) throw new TokenError('request failed');
      throw new TokenError(error.isTimeout ? 'timeout' : error.message);
    }
    return readTokenAnswer(answer, client);
  }
}

/** RFC 6749, section 2.3.1, and two ways that differ from it because many servers do. */
function tokenRequest(client: TokenClient) {
  const { tokenUrl, clientId, clientSecret, scope, audience, parameters, secretIn = 'basic' } = client;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...(secretIn === 'body' && { client_id: clientId, client_secret: clientSecret }),
  });
  for (const [name, value] of Object.entries(parameters ?? {})) form.append(name, value);
  return {
    url: tokenUrl,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(secretIn !== 'body' && { authorization: basic(clientId, clientSecret, secretIn) }),
    },
    body: form.toString(),
  };
}

/** The standard requires form encoding of both parts, which many servers do not decode. */
function basic(clientId: string, clientSecret: string, secretIn: 'basic' | 'basic-unencoded'): string {
  const pair = [clientId, clientSecret].map(secretIn === 'basic' ? formEncoded : String).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
