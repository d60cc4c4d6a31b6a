/** The credentials of an endpoint's requests: headers and signing keys. */
import type { CustomHeaders } from '../endpoint/custom-headers.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { HEADERS_LIMIT_BYTES, isHeaderValue, sizeOf } from '../endpoint/header.ts';
import { isReference } from '../endpoint/secret.ts';
import { SIGNING_SECRET_FORM, signingKey } from '../endpoint/signing-secret.ts';
import { awaitAll } from '../model/await-all.ts';
import { BoundedCache } from '../model/bounded-cache.ts';
import type { TlsIdentity } from '../ports/outgoing.ts';
import { CredentialsError, type SecretCache } from '../secrets/secret-cache.ts';
import { tlsIdentityOf } from './tls-identity.ts';

export interface Credentials {
  /** The endpoint's custom headers and those of its `auth`. */
  readonly headers: CustomHeaders;
  /** The keys that sign the request, newest first; empty when it is not signed. */
  readonly signingKeys: readonly Uint8Array[];
  /** The OAuth 2.0 token in the headers. */
  readonly token?: string;
  /** Values that no answer may show: those of `auth`, signing secrets, and headers that refer to a secret. */
  readonly secrets: readonly string[];
  readonly tls?: TlsIdentity;
}

export interface CredentialsOptions {
  readonly now: Date;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** A token that the endpoint refused. */
  readonly refusedToken?: string | undefined;
}

/** Of the endpoints whose credentials are all in their rows. A changed row is another object. */
const unchanging = new WeakMap<Endpoint, Credentials>();

/** @throws CredentialsError */
export async function credentialsFor(
  secretCache: SecretCache,
  endpoint: Endpoint,
  wanted: CredentialsOptions,
): Promise<Credentials> {
  const known = unchanging.get(endpoint);
  if (known !== undefined) return known;
  const credentials = await resolveAll(secretCache, endpoint, wanted);
  if (neverChange(endpoint)) unchanging.set(endpoint, credentials);
  return credentials;
}

/** False for an endpoint with a reference, a token that expires, or a previous signing secret, which is valid for a time. */
function neverChange(endpoint: Endpoint): boolean {
  return (
    endpoint.auth?.type !== 'oauth2' &&
    endpoint.previousSigningSecrets === undefined &&
    !secretTexts(endpoint).some(isReference)
  );
}

async function resolveAll(
  secretCache: SecretCache,
  endpoint: Endpoint,
  wanted: CredentialsOptions,
): Promise<Credentials> {
  // Wait for the token request, too: it must not go on after the attempt has failed.
  const [custom, auth, signingKeys, tls] = await awaitAll([
    customHeaders(secretCache, endpoint, wanted),
    authHeaders(secretCache, endpoint, wanted),
    signingKeysOf(secretCache, endpoint, wanted),
    tlsIdentityOf(secretCache, endpoint, wanted.deadlineMs),
  ]);
  const headers = { ...custom, ...auth.headers };
  if (sizeOf(headers) > HEADERS_LIMIT_BYTES)
    throw new CredentialsError(`the headers come to more than ${HEADERS_LIMIT_BYTES} bytes`);
  const referenced = Object.entries(endpoint.headers ?? {}).filter(([, value]) => isReference(value));
  const secrets = [
    ...auth.secrets,
    // Stryker disable next-line ArrayDeclaration: `custom` has a value for each header, so the array is not used
    ...referenced.flatMap(([name]) => custom[name] ?? []),
    ...signingKeys.flatMap(({ texts }) => texts),
  ];
  return {
    ...auth,
    headers,
    signingKeys: signingKeys.map(({ key }) => key),
    secrets,
    ...(tls !== undefined && { tls }),
  };
}

/** Invalidates the cached secrets of an endpoint after a 401: their values may have changed in the parameter store. */
export function invalidateSecretsOf(secretCache: SecretCache, endpoint: Endpoint): void {
  for (const secret of secretTexts(endpoint)) secretCache.invalidate(secret);
}

/** The values and references of all attributes that may be secret. */
function secretTexts({ headers = {}, auth, ...endpoint }: Endpoint): string[] {
  const { clientCertificate, clientKey, caCertificate } = endpoint;
  return [
    ...Object.values(headers),
    ...authTexts(auth),
    ...allSigningSecrets(endpoint),
    clientCertificate,
    clientKey,
    caCertificate,
  ].filter((text) => text !== undefined);
}

/** Every text in an `auth`: those that are no references do no harm. */
function authTexts(auth: Endpoint['auth']): (string | undefined)[] {
  const parts: (string | object | undefined)[] = Object.values(auth ?? {});
  return parts.flatMap((part) => (typeof part === 'object' ? Object.values(part) : [part]));
}

async function customHeaders(
  secretCache: SecretCache,
  { headers = {} }: Endpoint,
  { deadlineMs }: CredentialsOptions,
): Promise<CustomHeaders> {
  const entries = Object.entries(headers).map(async ([name, secret]) => [
    name,
    await headerValue(secretCache, secret, deadlineMs),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

async function authHeaders(
  secretCache: SecretCache,
  { auth }: Endpoint,
  { deadlineMs, refusedToken }: CredentialsOptions,
): Promise<Pick<Credentials, 'headers' | 'token' | 'secrets'>> {
  switch (auth?.type) {
    case undefined:
      return { headers: {}, secrets: [] };
    case 'basic':
      return basic(secretCache, auth, deadlineMs);
    case 'bearer': {
      const token = await headerValue(secretCache, auth.token, deadlineMs);
      return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
    }
    case 'header': {
      const value = await headerValue(secretCache, auth.value, deadlineMs);
      return { headers: { [auth.name]: value }, secrets: [value] };
    }
    case 'oauth2': {
      const token = await secretCache.token(auth, deadlineMs, refusedToken);
      // Cached since the line above.
      const clientSecret = await secretCache.resolve(auth.clientSecret, deadlineMs);
      return { headers: { authorization: `Bearer ${token}` }, token, secrets: [token, clientSecret] };
    }
  }
}

/** RFC 7617, in UTF-8. */
async function basic(
  secretCache: SecretCache,
  { username, password }: { readonly username: string; readonly password: string },
  deadlineMs: number,
): Promise<Pick<Credentials, 'headers' | 'secrets'>> {
  const [name, secret] = await Promise.all([
    secretCache.resolve(username, deadlineMs),
    secretCache.resolve(password, deadlineMs),
  ]);
  const pair = Buffer.from(`${name}:${secret}`).toString('base64');
  return {
    headers: { authorization: `Basic ${pair}` },
    secrets: [pair, secret, ...(isReference(username) ? [name] : [])],
  };
}

/** Literal values were checked when the row was parsed. Referenced values are checked here. */
async function headerValue(secretCache: SecretCache, secret: string, deadlineMs: number): Promise<string> {
  const value = await secretCache.resolve(secret, deadlineMs);
  if (isReference(secret) && !isHeaderValue(value))
    throw new CredentialsError(`secret ${secret} is not what a header can hold: visible ASCII characters`);
  return value;
}

async function signingKeysOf(
  secretCache: SecretCache,
  // Stryker disable next-line ArrayDeclaration: Stryker's array holds a string, which has no `until`
  { signingSecret, previousSigningSecrets = [] }: Endpoint,
  { now, deadlineMs }: CredentialsOptions,
): Promise<SigningKey[]> {
  const inForce = previousSigningSecrets.filter(({ until }) => until > now);
  return Promise.all(
    allSigningSecrets({ signingSecret, previousSigningSecrets: inForce }).map(async (secret) => {
      const value = await secretCache.resolve(secret, deadlineMs);
      const key = keys.get(value, () => signingKeyOf(value));
      if (key === undefined) throw new CredentialsError(`secret ${secret} is not ${SIGNING_SECRET_FORM}`);
      return key;
    }),
  );
}

interface SigningKey {
  readonly key: Uint8Array;
  /** How an endpoint may echo it. */
  readonly texts: readonly string[];
}

const keys = new BoundedCache<SigningKey | undefined>(200);

function signingKeyOf(secret: string): SigningKey | undefined {
  const key = signingKey(secret);
  return key && { key, texts: [key.toString('base64'), key.toString('base64url'), key.toString('hex')] };
}

/** Newest first. Nothing is signed with only a previous secret. */
function allSigningSecrets({
  signingSecret,
  // Stryker disable next-line ArrayDeclaration: Stryker's array holds a string, which has no `secret`
  previousSigningSecrets = [],
}: Pick<Endpoint, 'signingSecret' | 'previousSigningSecrets'>): string[] {
  if (signingSecret === undefined) return [];
  return [signingSecret, ...previousSigningSecrets.map(({ secret }) => secret)];
}
