/** Requests to the outside: POSTs to endpoints, secrets by reference, OAuth 2.0 tokens. */

export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Over the whole attempt: name lookup, connection, request and answer. */
  readonly timeoutMs: number;
}

export type SendResult =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly retryAfter?: string }
  | { readonly kind: 'failure'; readonly error: string };

/** Makes one POST. Never rejects: that an endpoint fails is a result like any other. */
export interface Sender {
  post(request: OutgoingRequest): Promise<SendResult>;
}

/** Where secrets are kept that a row only refers to. */
export interface Secrets {
  /**
   * One secret's value, in no more time than it is given.
   * @throws SecretError
   */
  read(parameter: string, timeoutMs: number): Promise<string>;
}

/** A secret could not be read. The message says why in a word or two: `ParameterNotFound`. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** Who asks for a token, and what for (RFC 6749, section 4.4). */
export interface TokenClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  readonly audience?: string;
}

export interface Token {
  readonly value: string;
  /** Absent when the server does not say. */
  readonly expiresInSeconds?: number;
}

/** Has tokens made by OAuth 2.0 servers. */
export interface TokenIssuer {
  /**
   * A fresh token, in no more time than it is given.
   * @throws TokenError
   */
  issue(client: TokenClient, timeoutMs: number): Promise<Token>;
}

/** There was no token. The message says why, and holds nothing of what was sent or where. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  /** The server does not know the client, or not with this secret. */
  readonly isRefusal: boolean;

  constructor(message: string, { isRefusal = false }: { readonly isRefusal?: boolean } = {}) {
    super(message);
    this.isRefusal = isRefusal;
  }
}
