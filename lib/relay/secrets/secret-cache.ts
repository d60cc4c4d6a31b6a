/** Resolves the secrets that endpoint rows refer to, and fetches OAuth tokens. Both are cached. */
import type { OAuth2 } from '../endpoint/auth.ts';
import { referenceOf } from '../endpoint/secret.ts';
import { awaitAll } from '../model/await-all.ts';
import type { Clock } from '../model/clock.ts';
import {
  SecretError,
  type Secrets,
  type TokenClient,
  TokenError,
  type TokenIssuer,
} from '../ports/outgoing.ts';
import { TtlCache } from './ttl-cache.ts';

const MINUTE_MS = 60_000;
/** A changed secret is used after this time, or after the first 401 that the old one gets. */
const SECRET_TTL_MS = 5 * MINUTE_MS;
/** Shorter than the wait before the second attempt, so that the second attempt reads the secret again. */
const FAILURE_TTL_MS = 2_000;
/** A 401 does not cause a new read of a younger value: SSM allows 40 requests a second per account. */
const MIN_REREAD_AGE_MS = 5_000;

/** The lifetime of a token whose server does not state one. */
const DEFAULT_TOKEN_LIFETIME_MS = 5 * MINUTE_MS;
/** A longer-lived token is replaced after this time, so that a revoked token does not stay in use. */
const MAX_TOKEN_LIFETIME_MS = 60 * MINUTE_MS;
/** A token must outlive every attempt that starts with it (30 s), and clocks differ. */
const TOKEN_RENEWAL_MARGIN_MS = MINUTE_MS;

/** A secret or token could not be fetched. The message goes into the attempt's record and contains no secret. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

export interface SecretCacheOptions {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly tokenIssuer: TokenIssuer;
}

export class SecretCache {
  readonly #secrets: Secrets;
  readonly #tokenIssuer: TokenIssuer;
  readonly #values: TtlCache<string>;
  readonly #tokens: TtlCache<string>;

  constructor({ clock, secrets, tokenIssuer }: SecretCacheOptions) {
    this.#secrets = secrets;
    this.#tokenIssuer = tokenIssuer;
    this.#values = new TtlCache(clock, FAILURE_TTL_MS);
    this.#tokens = new TtlCache(clock, FAILURE_TTL_MS);
  }

  /**
   * Returns a literal value as it is, and reads a referenced one.
   *
   * @param deadlineMs on the monotonic clock
   * @throws CredentialsError
   */
  async resolve(secret: string, deadlineMs: number): Promise<string> {
    const reference = referenceOf(secret);
    if (reference === undefined) return secret;
    try {
      return await this.#values.get(secret, deadlineMs, async (timeoutMs) => ({
        value: await this.#secrets.read(reference, timeoutMs),
        ttlMs: SECRET_TTL_MS,
      }));
    } catch (error) {
      throw new CredentialsError(`secret ${secret} could not be read: ${causeText(error)}`);
    }
  }

  /**
   * The next {@link resolve} reads the value again. Call it after an endpoint refused the value. A literal value is never
   * cached.
   */
  invalidate(secret: string): void {
    this.#values.invalidate(secret, MIN_REREAD_AGE_MS);
  }

  /**
   * Returns an OAuth token for an endpoint. A cached token is replaced if it is the refused one.
   *
   * @param refused the token that the endpoint refused
   * @throws CredentialsError
   */
  async token(auth: OAuth2, deadlineMs: number, refused?: string): Promise<string> {
    try {
      return await this.#tokenFor(auth, deadlineMs, refused);
    } catch (error) {
      throw error instanceof CredentialsError ? error : new CredentialsError(`oauth2: ${causeText(error)}`);
    }
  }

  /** If the server refuses the client, reads the client secret again and retries once with a changed one. */
  async #tokenFor(auth: OAuth2, deadlineMs: number, refused: string | undefined): Promise<string> {
    const client = await this.#clientOf(auth, deadlineMs);
    try {
      return await this.#tokenOf(client, deadlineMs, refused);
    } catch (error) {
      if (!(error instanceof TokenError && error.isRefusal)) throw error;
      this.invalidate(auth.clientSecret);
      const renewed = await this.#clientOf(auth, deadlineMs);
      if (renewed.clientSecret === client.clientSecret) throw error;
      return this.#tokenOf(renewed, deadlineMs, refused);
    }
  }

  async #clientOf(auth: OAuth2, deadlineMs: number): Promise<TokenClient> {
    const { type: _, scope, audience, secretIn, parameters, ...client } = auth;
    const entries = Object.entries(parameters ?? {}).map(async ([name, value]) => [
      name,
      await this.resolve(value, deadlineMs),
    ]);
    const [clientSecret, ...resolved] = await awaitAll([
      this.resolve(auth.clientSecret, deadlineMs),
      ...entries,
    ]);
    return {
      ...client,
      clientSecret,
      ...(parameters !== undefined && { parameters: Object.fromEntries(resolved) }),
      ...(secretIn !== undefined && { secretIn }),
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
    };
  }

  async #tokenOf(client: TokenClient, deadlineMs: number, refused: string | undefined): Promise<string> {
    const key = JSON.stringify(client);
    const get = () => this.#tokens.get(key, deadlineMs, (timeoutMs) => this.#issue(client, timeoutMs));
    const token = await get();
    // Another caller with the same refused token has already replaced it.
    if (token !== refused) return token;
    this.#tokens.invalidate(key);
    return get();
  }

  async #issue(client: TokenClient, timeoutMs: number) {
    const { value, expiresInSeconds } = await this.#tokenIssuer.issue(client, timeoutMs);
    const statedMs = expiresInSeconds === undefined ? DEFAULT_TOKEN_LIFETIME_MS : expiresInSeconds * 1000;
    const lifetimeMs = Math.min(statedMs, MAX_TOKEN_LIFETIME_MS);
    return { value, ttlMs: lifetimeMs - Math.min(TOKEN_RENEWAL_MARGIN_MS, lifetimeMs / 2) };
  }
}

/** For an unexpected error only its name: its message may contain a secret. */
function causeText(error: unknown): string {
  if (error instanceof SecretError || error instanceof TokenError) return error.message;
  return error instanceof Error ? error.name : 'unknown error';
}
