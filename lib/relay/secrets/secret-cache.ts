/** What endpoints' requests are made with that is secret: values that rows refer to, and tokens; kept for a while. */
import type { OAuth2 } from '../endpoint/auth.ts';
import { isReference, parameterOf } from '../endpoint/secret.ts';
import type { Clock } from '../model/clock.ts';
import {
  SecretError,
  type Secrets,
  type TokenClient,
  TokenError,
  type TokenIssuer,
} from '../ports/outgoing.ts';
import { Kept } from './ttl-cache.ts';

const MINUTE_MS = 60_000;
/** A changed secret is in force after that, or with the first 401 that the old one gets. */
const SECRETS_KEPT_MS = 5 * MINUTE_MS;
/** Shorter than the wait for the second attempt, so that this one asks anew. */
const FAILURES_KEPT_MS = 2_000;
/** What was read only just now is not read again for a 401: SSM answers forty requests a second for a whole account. */
const REREAD_AFTER_MS = 5_000;

/** Of a token of which its server does not say how long it is good. */
const LIFETIME_UNKNOWN_MS = 5 * MINUTE_MS;
/** A token that is good for longer is replaced nevertheless: whoever takes one back would wait for that. */
const LONGEST_LIFETIME_MS = 60 * MINUTE_MS;
/** A token outlives every attempt that begins with it (30 s), and clocks differ. */
const RENEWED_BEFORE_MS = MINUTE_MS;

/** What a request needs could not be had. The message is for the attempt's record: it holds no secret. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

export interface KeyringOptions {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly tokenIssuer: TokenIssuer;
}

export class Keyring {
  readonly #secrets: Secrets;
  readonly #tokenIssuer: TokenIssuer;
  readonly #values: Kept<string>;
  readonly #tokens: Kept<string>;

  constructor({ clock, secrets, tokenIssuer }: KeyringOptions) {
    this.#secrets = secrets;
    this.#tokenIssuer = tokenIssuer;
    this.#values = new Kept(clock, FAILURES_KEPT_MS);
    this.#tokens = new Kept(clock, FAILURES_KEPT_MS);
  }

  /**
   * The value itself, or the one that it refers to.
   *
   * @param deadlineMs by the monotonic clock
   * @throws CredentialsError
   */
  async reveal(secret: string, deadlineMs: number): Promise<string> {
    if (!isReference(secret)) return secret;
    try {
      return await this.#values.get(secret, deadlineMs, async (timeoutMs) => ({
        value: await this.#secrets.read(parameterOf(secret), timeoutMs),
        keptMs: SECRETS_KEPT_MS,
      }));
    } catch (error) {
      throw new CredentialsError(`secret ${secret} could not be read: ${whyOf(error)}`);
    }
  }

  /** A value that was refused is read again by the next who asks. */
  doubt(secret: string): void {
    if (isReference(secret)) this.#values.forget(secret, REREAD_AFTER_MS);
  }

  /**
   * A token for an endpoint. One that is kept is replaced when it is the one that was refused.
   *
   * @param refused a token that the endpoint did not take
   * @throws CredentialsError
   */
  async token(auth: OAuth2, deadlineMs: number, refused?: string): Promise<string> {
    try {
      return await this.#tokenFor(auth, deadlineMs, refused);
    } catch (error) {
      throw error instanceof CredentialsError ? error : new CredentialsError(`oauth2: ${whyOf(error)}`);
    }
  }

  /** When the server refuses a client whose secret has changed since it was read, it is asked with the new one. */
  async #tokenFor(auth: OAuth2, deadlineMs: number, refused: string | undefined): Promise<string> {
    const client = await this.#clientOf(auth, deadlineMs);
    try {
      return await this.#tokenOf(client, deadlineMs, refused);
    } catch (error) {
      if (!(error instanceof TokenError && error.isRefusal)) throw error;
      this.doubt(auth.clientSecret);
      const renewed = await this.#clientOf(auth, deadlineMs);
      if (renewed.clientSecret === client.clientSecret) throw error;
      return this.#tokenOf(renewed, deadlineMs, refused);
    }
  }

  async #clientOf(auth: OAuth2, deadlineMs: number): Promise<TokenClient> {
    const { type: _, scope, audience, ...client } = auth;
    const clientSecret = await this.reveal(auth.clientSecret, deadlineMs);
    return {
      ...client,
      clientSecret,
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
    };
  }

  async #tokenOf(client: TokenClient, deadlineMs: number, refused: string | undefined): Promise<string> {
    const key = JSON.stringify(client);
    const get = () => this.#tokens.get(key, deadlineMs, (timeoutMs) => this.#issue(client, timeoutMs));
    const token = await get();
    // Of those that were refused at the same time, the first has had a new one made for all.
    if (token !== refused) return token;
    this.#tokens.forget(key);
    return get();
  }

  async #issue(client: TokenClient, timeoutMs: number) {
    const { value, expiresInSeconds } = await this.#tokenIssuer.issue(client, timeoutMs);
    const saidMs = expiresInSeconds === undefined ? LIFETIME_UNKNOWN_MS : expiresInSeconds * 1000;
    const lifetimeMs = Math.min(saidMs, LONGEST_LIFETIME_MS);
    return { value, keptMs: lifetimeMs - Math.min(RENEWED_BEFORE_MS, lifetimeMs / 2) };
  }
}

/** Of what no port should throw, the name alone: an endpoint must not fail others, nor tell what it was sent. */
function whyOf(error: unknown): string {
  if (error instanceof SecretError || error instanceof TokenError) return error.message;
  return error instanceof Error ? error.name : 'unknown error';
}
