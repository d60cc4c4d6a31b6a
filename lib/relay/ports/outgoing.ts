/** Requests to the outside: POSTs to endpoints, secrets by reference, OAuth 2.0 tokens. */

import type { SecretReference } from '../endpoint/secret.ts';

/** PEM. */
export interface TlsIdentity {
  /** The client's certificate, and those that lead to its authority. */
  readonly certificate?: string;
  readonly key?: string;
  /** The only authorities that are trusted; the public ones when absent. */
  readonly ca?: string;
}

export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly tls?: TlsIdentity;
  /** Limits name lookup, connection, request and answer together. */
  readonly timeoutMs: number;
}

export type SendResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The beginning of the body. */
      readonly text: string;
      /** By lower-case name, at most 16 KB in all. Absent for none. */
      readonly headers?: Readonly<Record<string, string>>;
      readonly retryAfter?: string;
      /** It may contain a secret of the endpoint, so nothing of it may be recorded. Senders do not set this. */
      readonly withheld?: boolean;
    }
  | { readonly kind: 'failure'; readonly error: string };

/** Makes one POST. Never rejects: a failure is a result. */
export interface Sender {
  post(request: OutgoingRequest): Promise<SendResult>;
}

/** Reads the secrets that rows refer to. */
export interface Secrets {
  /**
   * Reads one secret within the given time.
   * @throws SecretError
   */
  read(reference: SecretReference, timeoutMs: number): Promise<string>;
}

/** A secret could not be read. The message is a short reason: `ParameterNotFound`. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** The client of a token request (RFC 6749, section 4.4). */
export interface TokenClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  readonly audience?: string;
  /** More parameters of the request. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** How the secret is sent. By default in a Basic header, form-encoded as RFC 6749 says. */
  readonly secretIn?: 'basic' | 'basic-unencoded' | 'body';
}

export interface Token {
  readonly value: string;
  /** Absent when the server does not state it. */
  readonly expiresInSeconds?: number;
}

/** Requests tokens from OAuth 2.0 servers. */
export interface TokenIssuer {
  /**
   * Requests a new token within the given time.
   * @throws TokenError
   */
  issue(client: TokenClient, timeoutMs: number): Promise<Token>;
}

/** The token request failed. The message contains no secret. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  /** The server refused the client id or the secret. */
  readonly isRefusal: boolean;

  constructor(message: string, { isRefusal = false }: { readonly isRefusal?: boolean } = {}) {
    super(message);
    this.isRefusal = isRefusal;
  }
}
